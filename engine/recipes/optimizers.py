"""The optimizers as settings, with PyTorch's names and defaults."""

from __future__ import annotations

from typing import ClassVar

from engine.recipes.part import RecipePart
from engine.settings import param

LARGEST_RATE = 1e6
BELOW_ONE = 0.999999999

OPTIMIZERS: dict[str, type[Optimizer]] = {}
"""Every optimizer by the name of PyTorch's class, in the order of the form."""


class Optimizer(RecipePart):
    """Base of every optimizer. A subclass has the name of PyTorch's class and joins the registry by existing."""

    in_one_pass: ClassVar[str] = "fused"
    """PyTorch's option that computes all weights in one pass, on a CPU as well; nothing where it has none."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Settings that cannot change in the middle of a run, because what it remembers depends on them."""

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.001)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            OPTIMIZERS[cls.__name__] = cls

    @property
    def kept(self) -> int:
        """How many numbers it remembers for each weight, as memory that training needs."""
        raise NotImplementedError


def _two(name: str, value: object) -> tuple[float, float]:
    if not isinstance(value, tuple):
        raise ValueError(f"{name} must be two numbers, not {value!r}")
    return value


class SGD(Optimizer):
    """Walks straight down the gradient; with momentum it keeps some of its last direction."""

    title = "SGD"

    momentum: float = param("How much of the last direction is kept.", 0, 1, default=0.0)
    dampening: float = param("How much the new gradient counts less, with momentum.", 0, 1, rare=True, default=0.0)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    nesterov: bool = param("Look ahead along the momentum before measuring the gradient.", default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("nesterov needs a momentum above 0 and a dampening of 0; set momentum to 0.9, for example")

    @property
    def kept(self) -> int:
        return int(self.momentum > 0)


class _WithBetas(Optimizer):
    """Base of Adam and its relatives."""

    betas: tuple[float, float] = param(
        "How slowly the averages of the gradient and of its square change.",
        0,
        BELOW_ONE,
        dims=2,
        rare=True,
        default=(0.9, 0.999),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.betas, tuple):
            raise ValueError(f"betas must be two numbers from 0 to below 1, not {self.betas!r}")

    @property
    def kept(self) -> int:
        return 2


class Adam(_WithBetas):
    """Gives every weight its own pace; a good first choice."""

    title = "Adam"
    fixed = ("amsgrad",)

    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    amsgrad: bool = param("Never let the pace of a weight grow again.", rare=True, default=False)

    @property
    def kept(self) -> int:
        return 2 + self.amsgrad


class AdamW(Adam):
    """Adam with a weight decay that acts on the weights themselves; common for large networks."""

    title = "AdamW"

    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.01)


class RMSprop(Optimizer):
    """Divides each step by the usual size of the weight's gradient."""

    title = "RMSprop"
    fixed = ("centered", "momentum")
    in_one_pass = "foreach"

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.01)
    alpha: float = param("How slowly the average of the squared gradient changes.", 0, 1, rare=True, default=0.99)
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    momentum: float = param("How much of the last direction is kept.", 0, 1, default=0.0)
    centered: bool = param("Also take the mean of the gradient into account.", rare=True, default=False)

    @property
    def kept(self) -> int:
        return 1 + (self.momentum > 0) + self.centered


class Adagrad(Optimizer):
    """Takes ever smaller steps for weights that have moved much; suits rare words and the like."""

    title = "Adagrad"
    fixed = ("initial_accumulator_value",)

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.01)
    lr_decay: float = param("How quickly the learning rate falls with each step.", 0, 1e3, rare=True, default=0.0)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    initial_accumulator_value: float = param(
        "What the sum of squared gradients begins with.", 0, LARGEST_RATE, rare=True, default=0.0
    )
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-10)

    @property
    def kept(self) -> int:
        return 1


class Adadelta(Optimizer):
    """Sizes each step by how far the weight has moved lately; needs no learning rate of its own."""

    title = "Adadelta"
    in_one_pass = "foreach"

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=1.0)
    rho: float = param("How slowly the averages change.", 0, 1, rare=True, default=0.9)
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-6)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)

    @property
    def kept(self) -> int:
        return 2


class Adamax(_WithBetas):
    """Adam with the largest gradient in place of the average square; steadier with rare, large gradients."""

    title = "Adamax"
    in_one_pass = "foreach"

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.002)
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)


class NAdam(_WithBetas):
    """Adam that looks ahead along its momentum, as Nesterov's does."""

    title = "NAdam"
    in_one_pass = "foreach"

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.002)
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    momentum_decay: float = param("How quickly the momentum grows in the first steps.", 0, 1, rare=True, default=0.004)
    decoupled_weight_decay: bool = param(
        "Let the weight decay act on the weights themselves, as AdamW does.", rare=True, default=False
    )


class RAdam(_WithBetas):
    """Adam that begins carefully, until its averages are worth something; needs no warm-up."""

    title = "RAdam"
    in_one_pass = "foreach"

    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    decoupled_weight_decay: bool = param(
        "Let the weight decay act on the weights themselves, as AdamW does.", rare=True, default=False
    )


class Rprop(Optimizer):
    """Looks only at the sign of each gradient; for training with all the data in one batch."""

    title = "Rprop"
    fixed = ("lr",)
    in_one_pass = "foreach"

    lr: float = param("Learning rate: how far the first step goes.", 0, LARGEST_RATE, default=0.01)
    etas: tuple[float, float] = param(
        "How much a step shrinks when the sign changes, and grows when it does not.",
        0,
        LARGEST_RATE,
        dims=2,
        rare=True,
        default=(0.5, 1.2),
    )
    step_sizes: tuple[float, float] = param(
        "The smallest and the largest step.", 0, LARGEST_RATE, dims=2, rare=True, default=(1e-6, 50.0)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        smaller, larger = _two("etas", self.etas)
        if not 0 < smaller < 1 < larger:
            raise ValueError(f"etas must be a number between 0 and 1 and one above 1, not {self.etas!r}")
        least, most = _two("step_sizes", self.step_sizes)
        if least > most:
            raise ValueError(f"step_sizes must be two numbers, the smaller one first, not {self.step_sizes!r}")

    @property
    def kept(self) -> int:
        return 2


class LBFGS(Optimizer):
    """Looks at the curve of the loss and measures it several times a step; for small data in one batch."""

    title = "L-BFGS"
    in_one_pass = ""

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=1.0)
    max_iter: int = param("The most moves within one step.", 1, 10_000, default=20)
    max_eval: int | None = param(
        "The most times that one step measures the loss; none is 1.25 times max_iter.",
        1,
        100_000,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )
    tolerance_grad: float = param("A step ends when the gradient is as small as this.", 0, 1, rare=True, default=1e-7)
    tolerance_change: float = param("A step ends when moves are as small as this.", 0, 1, rare=True, default=1e-9)
    history_size: int = param("How many of its last moves it remembers.", 1, 1_000, rare=True, default=100)
    line_search_fn: str | None = param(
        "strong_wolfe looks for the best length of each move; none takes the learning rate.",
        choices=("strong_wolfe",),
        default=None,
        kind=str,
        optional=True,
    )

    @property
    def kept(self) -> int:
        return 2 * self.history_size + 3

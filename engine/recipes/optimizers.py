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
    """PyTorch's option that computes all weights in one pass, on a CPU as well."""

    lr: float = param("Learning rate: how far each step goes.", 0, LARGEST_RATE, default=0.001)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            OPTIMIZERS[cls.__name__] = cls

    @property
    def kept(self) -> int:
        """How many numbers it remembers for each weight, as memory that training needs."""
        raise NotImplementedError


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


class Adam(Optimizer):
    """Gives every weight its own pace; a good first choice."""

    title = "Adam"

    betas: tuple[float, float] = param(
        "How slowly the averages of the gradient and of its square change.",
        0,
        BELOW_ONE,
        dims=2,
        rare=True,
        default=(0.9, 0.999),
    )
    eps: float = param("A small number that keeps a division from growing too large.", 0, 1, rare=True, default=1e-8)
    weight_decay: float = param("How strongly weights are pulled towards 0.", 0, 100, default=0.0)
    amsgrad: bool = param("Never let the pace of a weight grow again.", rare=True, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.betas, tuple):
            raise ValueError(f"betas must be two numbers from 0 to below 1, not {self.betas!r}")

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

"""The losses as settings: what each wants from the network, in numbers and in words."""

from __future__ import annotations

from math import log
from typing import ClassVar, Literal

from engine.blocks.base import Shape
from engine.recipes.data_sets import DataSet
from engine.recipes.part import RecipePart
from engine.settings import param

Wants = Literal["logits", "probabilities", "log-probabilities", "values"]
Targets = Literal["class number", "numbers", "signs", "class numbers"]

LARGEST = 1e6
MOST_CLASSES = 1000

LOSSES: dict[str, type[Loss]] = {}
"""Every loss by the name of PyTorch's class, in the order of the form."""


class Loss(RecipePart):
    """Base of every loss. A subclass has the name of PyTorch's class and joins the registry by existing."""

    wants: ClassVar[Wants] = "values"
    """What the network's last numbers must be."""
    targets: ClassVar[Targets] = "numbers"
    """What it compares with: the class number; 0 and 1 or plain numbers; −1 and 1; class numbers padded with −1."""
    one_each: ClassVar[bool] = False
    """Whether two classes, too, need a number each."""
    for_values: ClassVar[bool] = False
    """Whether it can aim at plain numbers."""
    nearest: ClassVar[bool] = False
    """Whether the smallest of the network's numbers stands for the class, as for distances."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            LOSSES[cls.__name__] = cls

    @property
    def takes_index(self) -> bool:
        """Whether the target is the number of the class, and not a row of numbers to aim at."""
        return self.targets == "class number"

    @property
    def threshold(self) -> float:
        """A single number of the network above this stands for the second of two classes."""
        return 0.0 if self.wants == "logits" else 0.5

    def output_shape(self, data: DataSet) -> Shape:
        """What the network must give for one example. Raises ValueError where loss and data do not suit."""
        return self.shape_for(data.classes, len(data.target_names), data.title)

    def shape_for(self, classes: int | None, columns: int, title: str) -> Shape:
        """The same for so many classes, or without classes for so many columns of plain numbers."""
        if classes is None:
            if not self.for_values:
                raise ValueError(f"{self.kind()} needs classes, but {title} has plain numbers; try MSELoss")
            return (columns,)
        return (1,) if classes == 2 and not self.takes_index and not self.one_each else (classes,)


class Weighted(Loss):
    """Base of the losses that may count some classes more than others."""

    weight: tuple[float, ...] | None = param(
        "How much each class counts, one number for each; none counts all the same.",
        0,
        LARGEST,
        default=None,
        kind=float,
        listed=True,
        most=MOST_CLASSES,
        optional=True,
        rare=True,
    )
    balanced: bool = param("Let rare classes count more, so that all classes weigh the same.", default=False, rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight and self.balanced:
            raise ValueError("weight and balanced cannot both be set; clear weight to let the data decide")


class CrossEntropyLoss(Weighted):
    """Compares raw scores, one for each class, with the right class; the usual choice for classes."""

    title = "Cross entropy"
    wants = "logits"
    targets = "class number"

    label_smoothing: float = param("How much of the target is spread over all classes.", 0, 1, default=0.0, rare=True)


class BCEWithLogitsLoss(Loss):
    """Compares one raw score with 0 or 1; the usual choice for two classes."""

    title = "Binary cross entropy with logits"
    wants = "logits"

    pos_weight: float | None = param(
        "How much the examples with a 1 count, compared with those with a 0; none counts both the same.",
        0,
        LARGEST,
        default=None,
        kind=float,
        optional=True,
        rare=True,
    )
    balanced: bool = param("Let rare classes count more, so that all classes weigh the same.", default=False, rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pos_weight is not None and self.balanced:
            raise ValueError("pos_weight and balanced cannot both be set; clear pos_weight to let the data decide")


class BCELoss(Loss):
    """Compares a probability between 0 and 1, such as Sigmoid gives, with 0 or 1."""

    title = "Binary cross entropy"
    wants = "probabilities"


class MSELoss(Loss):
    """The mean of the squared distance to the target; large mistakes count most."""

    title = "Mean squared error"
    for_values = True


class L1Loss(Loss):
    """The mean of the plain distance to the target; outliers count less than with MSELoss."""

    title = "Mean absolute error"
    for_values = True


class NLLLoss(Weighted):
    """Compares log-probabilities, such as LogSoftmax gives, with the right class."""

    title = "Negative log likelihood"
    wants = "log-probabilities"
    targets = "class number"


class SmoothL1Loss(Loss):
    """Squares small distances and takes large ones as they are, so that outliers pull less."""

    title = "Smooth absolute error"
    for_values = True

    beta: float = param("Below this distance the square counts.", 1e-6, LARGEST, default=1.0)


class HuberLoss(Loss):
    """Squares small distances and lets large ones grow along a straight line, so that outliers pull less."""

    title = "Huber"
    for_values = True

    delta: float = param("Below this distance the square counts.", 1e-6, LARGEST, default=1.0)


class PoissonNLLLoss(Loss):
    """For counts, such as visits a day: compares how many are expected with how many came."""

    title = "Poisson"
    for_values = True

    log_input: bool = param("The network gives the logarithm of the expected count.", default=True)
    full: bool = param("Also count the term that does not depend on the network.", default=False, rare=True)
    eps: float = param("A small number that keeps the logarithm of 0 away.", 0, 1, default=1e-8, rare=True)

    @property
    def threshold(self) -> float:
        return log(0.5) if self.log_input else 0.5


class GaussianNLLLoss(Loss):
    """For numbers with an error bar: the network gives each mean, then the logarithm of each variance."""

    title = "Gaussian"
    for_values = True

    full: bool = param("Also count the term that does not depend on the network.", default=False, rare=True)
    eps: float = param("The smallest variance.", 1e-12, 1, default=1e-6, rare=True)

    def shape_for(self, classes: int | None, columns: int, title: str) -> Shape:
        (means,) = super().shape_for(classes, columns, title)
        return (2 * means,)


class KLDivLoss(Loss):
    """Compares log-probabilities, such as LogSoftmax gives, with the probability of each class.

    The sum over the classes counts, as in the books: PyTorch's reduction "batchmean".
    """

    title = "Kullback–Leibler divergence"
    wants = "log-probabilities"
    one_each = True


class SoftMarginLoss(Loss):
    """Pushes one raw score above 0 for the second class and below 0 for the first."""

    title = "Soft margin"
    wants = "logits"
    targets = "signs"


class HingeEmbeddingLoss(Loss):
    """Pulls a distance towards 0 for its class and pushes it beyond a margin for the others."""

    title = "Hinge embedding"
    targets = "signs"
    nearest = True

    margin: float = param("How far away the other class should be.", 0, LARGEST, default=1.0)

    @property
    def threshold(self) -> float:
        return self.margin / 2


class MultiMarginLoss(Weighted):
    """Wants the score of the right class to be ahead of every other one by a margin."""

    title = "Margin between classes"
    targets = "class number"

    p: int = param("1 counts how much is missing, 2 its square.", 1, 2, default=1)
    margin: float = param("How far the right class should be ahead.", 0, LARGEST, default=1.0)


class MultiLabelMarginLoss(Loss):
    """Wants the scores of all right classes to be ahead of all others by 1."""

    title = "Margin between labels"
    targets = "class numbers"
    one_each = True


class MultiLabelSoftMarginLoss(Weighted):
    """Compares a raw score for each class with 0 or 1, each class for itself."""

    title = "Soft margin for each class"
    wants = "logits"
    one_each = True

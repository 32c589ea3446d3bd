"""The losses as settings: what each wants from the network, in numbers and in words."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.blocks.base import Shape
from engine.recipes.data_sets import DataSet
from engine.recipes.part import RecipePart
from engine.settings import param

Wants = Literal["logits", "probabilities", "log-probabilities", "values"]

LOSSES: dict[str, type[Loss]] = {}
"""Every loss by the name of PyTorch's class, in the order of the form."""


class Loss(RecipePart):
    """Base of every loss. A subclass has the name of PyTorch's class and joins the registry by existing."""

    wants: ClassVar[Wants] = "values"
    """What the network's last numbers must be."""
    takes_index: ClassVar[bool] = False
    """Whether the target is the number of the class, and not a row of numbers to aim at."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            LOSSES[cls.__name__] = cls

    def output_shape(self, data: DataSet) -> Shape:
        """What the network must give for one example. Raises ValueError where loss and data do not suit."""
        if self.takes_index:
            if data.classes is None:
                raise ValueError(f"{self.kind()} needs classes, but {data.title} has plain numbers; try MSELoss")
            return (data.classes,)
        return (1,) if data.classes in (None, 2) else (data.classes or 1,)


class CrossEntropyLoss(Loss):
    """Compares raw scores, one for each class, with the right class; the usual choice for classes."""

    title = "Cross entropy"
    wants = "logits"
    takes_index = True

    label_smoothing: float = param("How much of the target is spread over all classes.", 0, 1, default=0.0, rare=True)


class BCEWithLogitsLoss(Loss):
    """Compares one raw score with 0 or 1; the usual choice for two classes."""

    title = "Binary cross entropy with logits"
    wants = "logits"


class BCELoss(Loss):
    """Compares a probability between 0 and 1, such as Sigmoid gives, with 0 or 1."""

    title = "Binary cross entropy"
    wants = "probabilities"


class MSELoss(Loss):
    """The mean of the squared distance to the target; large mistakes count most."""

    title = "Mean squared error"
    wants = "values"


class L1Loss(Loss):
    """The mean of the plain distance to the target; outliers count less than with MSELoss."""

    title = "Mean absolute error"
    wants = "values"


class NLLLoss(Loss):
    """Compares log-probabilities, such as LogSoftmax gives, with the right class."""

    title = "Negative log likelihood"
    wants = "log-probabilities"
    takes_index = True

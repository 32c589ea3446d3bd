"""What a network is measured by after each epoch: every metric's name, what it means and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.recipes.data_sets import DataSet

Task = Literal["classes", "two classes", "values"]

THRESHOLD = 0.5
"""With two classes the second one is answered where its probability is greater than this."""
CONFIDENCE = 0.9
"""How sure the network must be for an answer to count as given."""
UNDEFINED = "undefined"
TOP = (3, 5)
"""The right class among the so many likeliest ones."""


@dataclass(frozen=True)
class Metric:
    """One metric: a share between 0 and 1, or a number in units of the target."""

    name: str
    title: str
    meaning: str
    """One sentence."""
    tasks: tuple[Task, ...]
    higher: bool = True
    """Whether a higher value is better."""
    share: bool = True
    """Whether it is shown in percent."""

    def words(self, value: float | None) -> str:
        """A value as people read it."""
        if value is None or value != value:
            return UNDEFINED
        return f"{100 * value:.1f} %" if self.share else f"{value:.3g}".replace("e-0", "e-").replace("-", "−")


_CLASSES: tuple[Task, ...] = ("classes", "two classes")

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "Accuracy", "The share of all examples that is answered rightly.", _CLASSES),
        Metric("top_3", "Top-3 accuracy", "How often the right class is among the three likeliest.", ("classes",)),
        Metric("top_5", "Top-5 accuracy", "How often the right class is among the five likeliest.", ("classes",)),
        Metric(
            "precision",
            "Precision",
            "Of the examples answered with a class, the share that is of it: of the second of two classes, "
            "else the mean over all classes that were answered.",
            _CLASSES,
        ),
        Metric(
            "recall",
            "Recall",
            "Of the examples of a class, the share that is answered with it: of the second of two classes, "
            "else the mean over all classes that occur.",
            _CLASSES,
        ),
        Metric(
            "f1",
            "F1",
            "Precision and recall in one number, high only where both are: 2·TP ÷ (2·TP + FP + FN).",
            _CLASSES,
        ),
        Metric(
            "auc",
            "Area under ROC",
            "How often an example of a class scores higher in it than one of another class; 50 % is guessing.",
            _CLASSES,
        ),
        Metric(
            "coverage",
            "Coverage at 90 %",
            "The share of examples that is answered with a confidence of at least 90 %.",
            _CLASSES,
        ),
        Metric(
            "sure_accuracy",
            "Accuracy at 90 %",
            "The share answered rightly among the examples that the network is at least 90 % sure of.",
            _CLASSES,
        ),
        Metric(
            "r2",
            "R²",
            "How much of the targets' spread is explained: 1 is all of it, 0 is none.",
            ("values",),
            True,
            False,
        ),
        Metric(
            "mse", "Mean squared error", "The mean of the squared distance to the target.", ("values",), False, False
        ),
        Metric(
            "mae", "Mean absolute error", "The mean distance to the target, in its unit.", ("values",), False, False
        ),
    )
}

RATE = Metric("rate", "Learning rate", "How far each step goes; a schedule changes it.", (), share=False)
"""Not a metric, but shown like one."""

TOLD = ("precision", "recall", "f1", "r2", "mae")
"""What a line about an epoch tells beside loss and accuracy."""


def in_words(values: Mapping[str, float | None]) -> str:
    """The most telling of these metrics in one line; nothing where an epoch was not measured."""
    return ", ".join(f"{METRICS[name].title} {METRICS[name].words(values[name])}" for name in TOLD if name in values)


def task_of(data: DataSet) -> Task:
    """What kind of answer a data set asks for."""
    if data.classes is None:
        return "values"
    return "two classes" if data.classes == 2 else "classes"


def tops(classes: int) -> tuple[int, ...]:
    """For which k the top-k accuracy says something: 3 from four classes on, 5 from twelve."""
    return tuple(k for k in TOP if classes > k and classes >= 4 * k - 8)


def metrics_for(data: DataSet) -> tuple[Metric, ...]:
    """The metrics that suit a data set, in the order of a list to choose from."""
    task = task_of(data)
    left_out = {f"top_{k}" for k in TOP} - {f"top_{k}" for k in tops(data.classes or 0)}
    return tuple(metric for metric in METRICS.values() if task in metric.tasks and metric.name not in left_out)

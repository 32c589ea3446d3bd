"""ROC and coverage: a curve of the last epoch, a slider along it, and what that choice would mean in words."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from engine.recipes.metrics import CONFIDENCE, THRESHOLD, UNDEFINED
from engine.scores import GRID, ClassScores, Coverage, Roc
from widgets.plots.lines import Look
from widgets.plots.shares import Curve, SharePlot
from widgets.theme import set_kind, themes

Fact = tuple[str, str]
_WIDEST = 300
NEAR = 0.005
"""A click hits what is so near to it."""


class CurvePage(QWidget):
    """A plot at the left, a slider of hundredths and a short table at the right."""

    def __init__(self, plot: SharePlot, caption: str, start: float) -> None:
        """The caption stands over the slider, which begins at `start`."""
        super().__init__()
        self.plot, self.slider = plot, QSlider(Qt.Orientation.Horizontal)
        self._caption_text = caption
        self.caption, self.facts = QLabel(), QLabel()
        self.slider.setRange(0, GRID)
        self.slider.setValue(round(start * GRID))
        self.slider.setAccessibleName(caption)
        self.slider.valueChanged.connect(self.tell)
        set_kind(self.caption, "label")
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        aside, space = QVBoxLayout(), themes().current.space
        aside.setSpacing(space(1))
        aside.addWidget(self.caption)
        aside.addWidget(self.slider)
        aside.addWidget(self.facts, 1)
        right = QWidget()
        right.setMaximumWidth(_WIDEST)
        right.setLayout(aside)
        aside.setContentsMargins(0, 0, space(2), 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(4))
        row.addWidget(plot, 3)
        row.addWidget(right, 2)

    @property
    def share(self) -> float:
        """Where the slider stands, 0-1."""
        return self.slider.value() / GRID

    def tell(self) -> None:
        """Say what the place of the slider means."""

    def say(self, *facts: Fact) -> None:
        """Names and values under each other."""
        self.caption.setText(f"{self._caption_text} {percent(self.share, 0)}")
        muted = themes().current.colour("text-muted").name()
        rows = "".join(
            f"<tr><td style='color:{muted}'>{escape(name)}&nbsp;&nbsp;</td><td align='right'>{escape(value)}</td></tr>"
            for name, value in facts
        )
        self.facts.setText(f"<table cellspacing='0' cellpadding='1'>{rows}</table>")


class RocPage(CurvePage):
    """One class against all others: what is found against what is falsely found."""

    def __init__(self) -> None:
        """Empty."""
        plot = SharePlot("false alarms", "found", diagonal=True)
        super().__init__(plot, "Say yes above", THRESHOLD)
        self._roc: Roc | None = None
        plot.chosen.connect(self._choose)

    def show_roc(self, name: str, roc: Roc | None) -> None:
        """The curve of a class; None where there is none."""
        self._roc = roc
        curves = [Curve("found", roc.false_share, roc.true_share, Look(1, 2.5, dashed=False))] if roc else []
        self.plot.show_curves([curve for curve in curves if len(curve.across)])
        self.plot.setAccessibleName(f"ROC of {name}")
        self.tell()

    def tell(self) -> None:
        """How the answers would fall with this threshold."""
        roc = self._roc
        if roc is None:
            self.plot.mark(())
            self.say()
            return
        hits = roc.at(self.share)
        known = roc.positives and roc.negatives
        self.plot.mark([(hits.fp / roc.negatives, hits.tp / roc.positives)] if known else ())
        self.say(
            ("Found", f"{hits.tp:,} of {roc.positives:,}"),
            ("False alarms", f"{hits.fp:,} of {roc.negatives:,}"),
            ("Recall", percent(hits.recall)),
            ("Precision", percent(hits.precision)),
            ("F1", percent(hits.f1)),
            ("Accuracy", percent(hits.accuracy)),
            ("Area under it", percent(roc.area)),
        )

    def _choose(self, share: float) -> None:
        """The lowest threshold with no more false alarms than that."""
        if self._roc and self._roc.negatives:
            self.slider.setValue(int(np.argmax(self._roc.fp <= (share + NEAR) * self._roc.negatives)))


class CoveragePage(CurvePage):
    """How many examples are answered if only sure answers count, and how many of those rightly."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(SharePlot("confidence", ""), "Answer from", CONFIDENCE)
        self._coverage: Coverage | None = None
        self.plot.chosen.connect(lambda share: self.slider.setValue(round(share * GRID)))

    def show_coverage(self, coverage: Coverage | None) -> None:
        """The shares at every confidence; None where the network gives no probabilities."""
        self._coverage = coverage
        self.plot.show_curves(_curves(coverage) if coverage else ())
        self.tell()

    def tell(self) -> None:
        """What would be answered from this confidence on."""
        if self._coverage is None:
            self.plot.mark(())
            self.say(("The network gives no probabilities", ""))
            return
        answered, right = self._coverage.at(self.share)
        marks = [(self.share, share) for share in (answered, right) if share is not None]
        self.plot.mark(marks, self.share)
        place = self.slider.value()
        count, hits = int(self._coverage.answered[place]), int(self._coverage.right[place])
        self.say(
            ("Answered", percent(answered)),
            ("Right of those", percent(right)),
            ("Wrong of those", f"{count - hits:,}"),
            ("Left open", f"{self._coverage.examples - count:,} of {self._coverage.examples:,}"),
        )


def percent(share: float | None, digits: int = 1) -> str:
    """A share in words."""
    return UNDEFINED if share is None else f"{100 * share:.{digits}f} %"


def table_of_roc(scores: ClassScores) -> list[tuple[str | float | None, ...]]:
    """One row for each class and threshold."""
    rows: list[tuple[str | float | None, ...]] = [("class", "above", "tp", "fp", "fn", "tn")]
    for name, roc in scores.roc.items():
        for place in range(GRID + 1):
            hits = roc.at(place / GRID)
            rows.append((name, place / GRID, hits.tp, hits.fp, hits.fn, hits.tn))
    return rows


def table_of_coverage(coverage: Coverage) -> list[tuple[str | float | None, ...]]:
    """One row for each confidence."""
    rows: list[tuple[str | float | None, ...]] = [("confidence", "answered", "right")]
    places = range(GRID + 1)
    return rows + [(place / GRID, int(coverage.answered[place]), int(coverage.right[place])) for place in places]


def _curves(coverage: Coverage) -> tuple[Curve, Curve]:
    places = np.linspace(0, 1, GRID + 1)
    answered = coverage.answered / max(coverage.examples, 1)
    known = coverage.answered > 0
    right = np.where(known, coverage.right / np.maximum(coverage.answered, 1), np.nan)
    return (
        Curve("answered", places, answered, Look(0, dashed=False)),
        Curve("right of those", places, right, Look(1, dashed=False)),
    )

"""One figure in large: its newest value, what the last epoch changed, the best one, and a small curve."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import icons
from widgets.elided_label import ElidedLabel
from widgets.plots.course import Course
from widgets.plots.lines import Look
from widgets.series import Series
from widgets.theme import set_kind, themes

_LOOK = Look(style=1, dashed=False)
_UNKNOWN = "–"
_HIGHEST = 96
"""Pixels; a small curve stays small."""
_NARROWEST = 204
"""Pixels that what changed takes."""
_LONGEST_NUMBER = 9
"""Characters that fit in large letters."""

Words = Callable[[float | None], str]


class Spark(QWidget):
    """A small curve without axes."""

    def __init__(self) -> None:
        """Of no series yet."""
        super().__init__()
        self.series = Series()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(_HIGHEST)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(160, 56)

    def minimumSizeHint(self) -> QSize:
        """Still a curve."""
        return QSize(60, 20)

    def points(self) -> QPolygonF:
        """The curve in pixels, from edge to edge; what is undefined is left out."""
        steps, values = self.series.view(most=max(self.width() // 3, 20))
        known = values == values
        steps, values = steps[known], values[known]
        if not len(steps):
            return QPolygonF()
        area = QRectF(self.rect()).adjusted(4, 6, -6, -6)
        low, span = values.min(), values.max() - values.min() or 1.0
        first, length = steps[0], steps[-1] - steps[0] or 1.0
        xs = area.left() + (steps - first) / length * area.width()
        ys = area.bottom() - (values - low) / span * area.height()
        return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])

    def paintEvent(self, event: QPaintEvent) -> None:
        """The curve, with a square at the newest value."""
        points, theme = self.points(), themes().current
        if points.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_LOOK.pen(theme))
        painter.drawPolyline(points)
        last = points.at(points.size() - 1)
        painter.fillRect(QRectF(last.x() - 3.5, last.y() - 3.5, 7, 7), _LOOK.colour(theme))


class MetricCard(QWidget):
    """The course of one metric, in words and as a small curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self._course: Course | None = None
        self._words: Words = str
        self._percent = False
        self._picture = ("trending-up", "text-muted")
        self._build()
        self.setMinimumWidth(_NARROWEST)
        themes().changed.connect(self._restyle)

    def _build(self) -> None:
        theme = themes().current
        self.title, self.value, self._arrow, self.change = ElidedLabel(), QLabel(), QLabel(), ElidedLabel()
        self.best, self._spark = ElidedLabel(), Spark()
        set_kind(self.title, "label")
        set_kind(self.value, "display")
        set_kind(self.best, "small")
        changes = QHBoxLayout()
        changes.setSpacing(theme.space(2))
        changes.addWidget(self._arrow)
        changes.addWidget(self.change, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.space(4), theme.space(1), theme.space(3), theme.space(2))
        rows.setSpacing(0)
        for label in (self.title, self.value):
            rows.addWidget(label)
        rows.addLayout(changes)
        rows.addWidget(self.best)
        rows.addWidget(self._spark, 4)
        rows.addStretch(1)
        self.change.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)

    def show_course(self, title: str, meaning: str, course: Course | None, words: Words, percent: bool) -> None:
        """Show the values so far, which `words` puts into words; call it again when there are more."""
        self._course, self._words, self._percent = course, words, percent
        self.title.setText(title)
        self.setToolTip(meaning)
        self._tell()

    def _tell(self) -> None:
        course = self._course
        self.value.setText(self._words(course.last) if course and course.epochs else _UNKNOWN)
        set_kind(self.value, "display" if len(self.value.text()) <= _LONGEST_NUMBER else "title")
        self._spark.series = course.series if course else Series()
        self._spark.update()
        many = course is not None and course.epochs > 1 and course.best is not None
        self.best.setText(f"best {self._words(course.best)} in epoch {course.best_epoch}" if course and many else "")
        if course and course.last is not None and course.before is not None:
            self._tell_change(course.last - course.before, course.higher)
        else:
            self.change.setText("" if course and course.epochs else "Known after the first epoch")
            set_kind(self.change, "muted")
            self._arrow.hide()

    def _tell_change(self, change: float, higher: bool | None) -> None:
        rose = change > 0
        number = f"{100 * abs(change):.1f}" if self._percent else f"{abs(change):.2g}"
        same = float(number) == 0
        self.change.setText("same as last epoch" if same else f"{'+' if rose else '−'}{number} since last epoch")
        kind = "muted" if same or higher is None else "ok" if rose == higher else "warning"
        set_kind(self.change, kind)
        self._arrow.setVisible(not same)
        self._picture = ("trending-up" if rose else "trending-down", "text-muted" if kind == "muted" else kind)
        self._arrow.setPixmap(icons.pixmap(*self._picture))

    def _restyle(self, _: object) -> None:
        self._arrow.setPixmap(icons.pixmap(*self._picture))
        self._spark.update()

"""How often the network is right: one large number, what the last epoch changed, and a small curve."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import icons
from widgets.plots.lines import Look
from widgets.plots.panel import title_row
from widgets.series import Series
from widgets.theme import set_kind, themes

_LOOK = Look(style=1, dashed=False)
_UNKNOWN = "–"
_HIGHEST = 96
"""Pixels; a small curve stays small."""


class Spark(QWidget):
    """A small curve without axes."""

    def __init__(self, series: Series) -> None:
        """Of a series that others feed."""
        super().__init__()
        self._series = series
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(160, 56)

    def minimumSizeHint(self) -> QSize:
        """Still a curve."""
        return QSize(60, 24)

    def points(self) -> QPolygonF:
        """The curve in pixels: the first value at the left edge, the newest at the right."""
        steps, values = self._series.view(most=max(self.width() // 3, 20))
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


class AccuracyView(QWidget):
    """Validation accuracy; for runs without classes the validation loss."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self._series = Series()
        self._by_accuracy = True
        self._build()
        themes().changed.connect(self._restyle)
        self.clear()

    def _build(self) -> None:
        theme = themes().current
        self._title = QLabel()
        self.value, self._arrow, self.change = QLabel(), QLabel(), QLabel()
        set_kind(self.value, "display")
        numbers = QHBoxLayout()
        numbers.setSpacing(theme.space(2))
        numbers.addWidget(self.value)
        numbers.addSpacing(theme.space(3))
        numbers.addWidget(self._arrow)
        numbers.addWidget(self.change, 1)
        self._spark = Spark(self._series)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        rows.setSpacing(theme.space(2))
        rows.addLayout(title_row(self._title, ()))
        rows.addLayout(numbers)
        rows.addWidget(self._spark, 4)
        rows.addStretch(1)
        self._spark.setMaximumHeight(_HIGHEST)
        self.change.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self.change.setMinimumWidth(0)
        self.change.setWordWrap(True)

    def feed(self, epoch: int, accuracy: float | None, loss: float) -> None:
        """What the test set gave after an epoch."""
        by_accuracy = accuracy is not None
        if by_accuracy != self._by_accuracy:
            self.clear()
            self._by_accuracy = by_accuracy
        self._series.append([epoch], [loss if accuracy is None else accuracy])
        self._tell()

    def clear(self) -> None:
        """Forget the run."""
        self._series.clear()
        self._by_accuracy = True
        self._tell()

    def _tell(self) -> None:
        self._title.setText("Validation accuracy" if self._by_accuracy else "Validation loss")
        values = self._series.values[-2:].tolist()
        self.value.setText(self._words(values[-1]) if values else _UNKNOWN)
        if len(values) < 2:
            self.change.setText("" if values else "Known after the first epoch")
            set_kind(self.change, "muted")
            self._arrow.hide()
        else:
            self._tell_change(values[1] - values[0])
        self._spark.update()

    def _words(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self._by_accuracy else f"{value:.3g}"

    def _tell_change(self, change: float) -> None:
        rose = change > 0
        number = f"{100 * abs(change):.1f}" if self._by_accuracy else f"{abs(change):.2g}"
        same = float(number) == 0
        self.change.setText("same as last epoch" if same else f"{'+' if rose else '−'}{number} since last epoch")
        kind = "muted" if same else "ok" if rose == self._by_accuracy else "warning"
        set_kind(self.change, kind)
        self._arrow.setVisible(not same)
        self._picture = ("trending-up" if rose else "trending-down", "text-muted" if same else kind)
        self._arrow.setPixmap(icons.pixmap(*self._picture))

    def _restyle(self, _: object) -> None:
        self._tell()

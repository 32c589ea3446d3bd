"""The learning rate over the run, before the run."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.recipes.recipe import Recipe
from widgets.theme import current, themes

_TOP, _BOTTOM, _SIDE = 16, 18, 4
_UNKNOWN = "The curve depends on how the validation loss falls."


class ScheduleCurve(QWidget):
    """A curve from the first step to the last, with the highest and the lowest rate."""

    def __init__(self) -> None:
        """Of an untouched recipe."""
        super().__init__()
        self._points: list[tuple[int, float]] = []
        self._epochs = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Learning rate over the run")
        themes().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as the forms."""
        return QSize(240, 116)

    def show_recipe(self, recipe: Recipe) -> None:
        """The curve of this recipe's schedule."""
        self._epochs = recipe.epochs
        each = recipe.steps_per_epoch
        known = recipe.schedule.foreseeable
        self._points = recipe.schedule.rates(recipe.optimizer.lr, recipe.epochs * each, each) if known else []
        self.setAccessibleDescription(self.words)
        self.update()

    @property
    def words(self) -> str:
        """What the curve says."""
        if not self._points:
            return _UNKNOWN
        rates = [rate for _, rate in self._points]
        if min(rates) == max(rates):
            return f"always {rates[0]:.3g}"
        return f"from {rates[0]:.3g} to {rates[-1]:.3g}, at most {max(rates):.3g}"

    def curve(self) -> QPolygonF:
        """The curve in pixels."""
        if not self._points:
            return QPolygonF()
        area = QRectF(self.rect()).adjusted(_SIDE, _TOP, -_SIDE, -_BOTTOM)
        last = max(step for step, _ in self._points)
        high = max(rate for _, rate in self._points) or 1.0
        return QPolygonF(
            [
                QPointF(
                    area.x() + area.width() * (step - 1) / max(1, last - 1),
                    area.bottom() - area.height() * rate / high,
                )
                for step, rate in self._points
            ]
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground line, curve, numbers."""
        theme, painter = current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        painter.drawText(QPointF(_SIDE, 11), self.words)
        if not self._points:
            return
        ground = self.height() - _BOTTOM
        painter.drawText(QPointF(_SIDE, self.height() - 5), "0")
        end = f"{self._epochs:,} epoch{'s' * (self._epochs != 1)}"
        painter.drawText(
            QPointF(self.width() - _SIDE - painter.fontMetrics().horizontalAdvance(end), self.height() - 5), end
        )
        painter.setPen(theme.colour("line"))
        painter.drawLine(QPointF(_SIDE, ground), QPointF(self.width() - _SIDE, ground))
        painter.setPen(QPen(theme.colour("accent"), 2.0))
        painter.drawPolyline(self.curve())

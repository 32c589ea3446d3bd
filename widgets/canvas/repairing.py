"""Where the repair popup opens, and what a chosen repair does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF

from engine.problems import Fix
from widgets.canvas.card import Card
from widgets.canvas.repairs import RepairPopup

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

CLEAR = 16
"""What a repair popup keeps free around itself and above its card, in pixels."""


class Repairing:
    """Opens at most one popup over a canvas."""

    def __init__(self, canvas: Canvas) -> None:
        """No popup is open."""
        self._canvas = canvas
        self._popup: RepairPopup | None = None

    def repair(self, name: str) -> None:
        """Apply the first repair of a block's problem; without one, say what is wrong."""
        problem = self._canvas.drawing.cards[name].problem
        if problem and problem.fixes:
            self._apply(problem.fixes[0])
        else:
            self.open(name)

    def open(self, name: str) -> None:
        """Show what is wrong with a block and how it can be mended."""
        self.close()
        canvas, card = self._canvas, self._canvas.drawing.cards.get(name)
        if card is None or card.problem is None:
            return
        canvas.show_place(name)
        popup = RepairPopup(card.problem, canvas.viewport())
        popup.chosen.connect(self._apply)
        popup.closed.connect(self.close)
        self._make_room(card, popup.sizeHint().height() + CLEAR)
        popup.place(self._on_screen(card.body()), canvas.viewport().size())
        self._popup = popup
        popup.show()
        (popup.rows[0] if popup.rows else popup).setFocus()

    def close(self) -> bool:
        """Close the popup; returns whether it was open."""
        popup, self._popup = self._popup, None
        if popup is None:
            return False
        popup.hide()
        popup.deleteLater()
        self._canvas.setFocus()
        return True

    def _make_room(self, card: Card, height: int) -> None:
        """Scroll so that so much fits below a card, unless it fits above: the block itself stays in sight."""
        place, room = self._on_screen(card.body()), self._canvas.viewport().height()
        lacking = height - (room - place.bottom())
        if lacking > 0 and place.top() < height:
            self._canvas.pan(QPointF(0.0, -float(min(lacking, max(place.top() - CLEAR, 0)))))

    def _apply(self, fix: object) -> None:
        if isinstance(fix, Fix):
            self.close()
            self._canvas.ask(fix.label, fix.apply(self._canvas.graph))

    def _on_screen(self, rect: QRectF) -> QRect:
        return self._canvas.viewportTransform().mapRect(rect).toAlignedRect()

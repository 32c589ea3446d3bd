"""Live pictures on their way to the cards: a few at a time, so that no single frame has to draw them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from widgets.canvas.live import LiveStrip

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

LIVE_MS = 24
LIVE_SLICES = 5
"""Live pictures come in slices: each card gets a new one at most every LIVE_SLICES × LIVE_MS.

So they change at most twelve times a second.
"""
LEAST_SLICE = 4
"""Fewer cards at a time are not worth a frame."""


class LiveFeed:
    """Keeps the latest picture of each block until its card has shown it."""

    def __init__(self, canvas: Canvas) -> None:
        """Nothing is waiting."""
        self._canvas = canvas
        self._waiting: dict[str, LiveStrip | None] = {}
        self._timer = QTimer(canvas, singleShot=True, interval=LIVE_MS)
        self._timer.timeout.connect(self._show)

    def take(self, strips: Mapping[str, LiveStrip]) -> None:
        """Pictures for blocks; those that the canvas does not show are left out."""
        cards = self._canvas.drawing.cards
        self._waiting.update((name, strip) for name, strip in strips.items() if name in cards)
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    def forget(self, names: Iterable[str]) -> None:
        """Some blocks are gone."""
        for name in names:
            self._waiting.pop(name, None)

    def clear(self) -> None:
        """Take all pictures away."""
        cards = self._canvas.drawing.cards
        self._waiting = dict.fromkeys(name for name, card in cards.items() if card.live is not None)
        while self._waiting:
            self._show()
        self._timer.stop()

    def _show(self) -> None:
        scene = self._canvas.drawing
        share = max(ceil(len(scene.cards) / LIVE_SLICES), LEAST_SLICE)
        strips = {name: self._waiting.pop(name) for name in list(self._waiting)[:share]}
        if self._waiting:
            self._timer.start()
        resized = [name for name, strip in strips.items() if scene.show_live(name, strip)]
        if resized:
            scene.settle(resized)
            self._canvas.overlays.changed()

"""A spatial grid: which things lie near a place, found without asking all of them."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF

CELL = 256.0

Thing = TypeVar("Thing", bound=Hashable)


class SpatialGrid(Generic[Thing]):
    """Remembers for each square of the plane which things' rectangles touch it."""

    def __init__(self) -> None:
        """Begin empty."""
        self._cells: dict[tuple[int, int], dict[Thing, None]] = {}
        self._spans: dict[Thing, tuple[int, int, int, int]] = {}

    def put(self, thing: Thing, rect: QRectF) -> None:
        """Add a thing, or tell that it has moved."""
        span = _span(rect)
        if self._spans.get(thing) == span:
            return
        self.drop(thing)
        self._spans[thing] = span
        for cell in _cells(span):
            self._cells.setdefault(cell, {})[thing] = None

    def drop(self, thing: Thing) -> None:
        """Forget a thing."""
        span = self._spans.pop(thing, None)
        if span is not None:
            for cell in _cells(span):
                self._cells[cell].pop(thing, None)

    def near(self, rect: QRectF) -> dict[Thing, None]:
        """Everything that may touch a rectangle, each once, in a stable order."""
        span = _span(rect)
        if (span[2] - span[0] + 1) * (span[3] - span[1] + 1) > len(self._cells):
            return dict.fromkeys(self._spans)
        found: dict[Thing, None] = {}
        for cell in _cells(span):
            found.update(self._cells.get(cell, {}))
        return found


def _span(rect: QRectF) -> tuple[int, int, int, int]:
    return (
        int(rect.left() // CELL),
        int(rect.top() // CELL),
        int(rect.right() // CELL),
        int(rect.bottom() // CELL),
    )


def _cells(span: tuple[int, int, int, int]) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = span
    return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))

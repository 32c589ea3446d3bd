"""How strongly each layer learns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtWidgets import QVBoxLayout

from engine.events import Event, Gradients, Started
from widgets.plots import GradientPlot
from widgets.views.base import Row, View


class GradientsView(View):
    """The norm of each layer's gradient over the run."""

    key, title, icon = "gradients", "Gradients", "trending-down"
    nothing_yet = "Press Train to see how strongly each layer learns."

    def __init__(self) -> None:
        super().__init__()
        self.gradients = GradientPlot()
        self._last: Gradients | None = None
        self.gradients.block_clicked.connect(self.block_clicked)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.gradients)

    def clear(self) -> None:
        """Forget the run."""
        super().clear()
        self._last = None
        self.gradients.clear()

    def select(self, names: tuple[str, ...]) -> None:
        """Draw the lines of the selected blocks thick."""
        self.gradients.light_up(names)

    def feed(self, events: Sequence[Event]) -> None:
        """Norms of steps."""
        for event in events:
            match event:
                case Started():
                    self.fill()
                    self.gradients.begin(event.blocks, event.steps_per_epoch, event.epochs)
                case Gradients():
                    self._last = event
                    self.gradients.feed(event.step, event.norms)

    def table(self) -> Iterable[Row]:
        """The norms of the last step that was measured."""
        if self._last:
            yield ("block", "gradient_norm")
            yield from self._last.norms.items()

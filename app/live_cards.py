"""The live pictures on the cards: what is asked for them, and how answers become pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject

from app.document import Document
from app.level import Level
from engine.blocks.data import Input, Output
from engine.events import Event, Gradients
from engine.looks.maps import Maps, MapsOf
from engine.looks.predictions import Answer, AnswerTo, OwnPicture
from engine.looks.surface import Surface, SurfaceOf
from widgets.canvas import Canvas, LiveStrip
from widgets.verdict import judged

MOST_WATCHED = 24
"""How many blocks are watched at once for the live pictures on their cards."""
ON_A_PLANE = (2,)
"""The size of an example that is a point on a plane."""
CARD_SURFACE = 24
"""Places along each axis of the surfaces on the cards."""


class LiveCards(QObject):
    """Shows on every card what its block makes of an example, or of the whole plane, and how strongly it learns."""

    def __init__(self, document: Document, level: Level, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._document, self._level, self._canvas = document, level, canvas
        self.selected: tuple[str, ...] = ()
        """Blocks that are looked at first, by path."""
        self.example = 0
        """Which example of the validation data."""
        self.own: OwnPicture | None = None
        """A picture that somebody draws, in place of an example."""
        self._norms: dict[str, float] = {}
        self._strips: dict[str, LiveStrip] = {}

    def look(self) -> MapsOf | SurfaceOf | AnswerTo:
        """Feature maps of one example or of what is being drawn or, for data on a plane, each unit's own surface."""
        graph = self._level.graph
        shown = [self._level.path_of(name) for name in graph.order if graph.nodes[name].block.output_ports()]
        paths = dict.fromkeys((*(path for path in self.selected if path in shown), *shown))
        blocks = tuple(paths)[:MOST_WATCHED]
        if self.own:
            return AnswerTo(self.own, blocks)
        if self._document.project.recipe.data.input_shape == ON_A_PLANE:
            return SurfaceOf(blocks, CARD_SURFACE, CARD_SURFACE)
        return MapsOf(blocks, self.example)

    def clear(self) -> None:
        """No run."""
        self._norms, self._strips = {}, {}
        self._canvas.clear_live()

    def show(self) -> None:
        """Put the latest pictures on the cards of the level that is open."""
        paths = {name: self._level.path_of(name) for name in self._level.graph.nodes}
        self._canvas.set_live({name: self._strips[path] for name, path in paths.items() if path in self._strips})

    def take(self, event: Event) -> None:
        """What a run tells."""
        match event:
            case Gradients():
                self._norms = dict(event.norms)
            case Maps() | Answer() if event.look == self.look():
                self._put(self._map_strips(event))
            case Surface() if event.look == self.look():
                self._put(self._unit_strips(event))

    def _map_strips(self, event: Maps | Answer) -> dict[str, LiveStrip]:
        """The example at the Input, the guess at the Output, maps in between."""
        strips = {name: LiveStrip(maps) for name, maps in event.maps.items()}
        for name, node in self._document.graph.nodes.items():
            if isinstance(node.block, Input):
                strips[name] = self._example_strip(event)
            elif isinstance(node.block, Output):
                strips[name] = self._guess_strip(event)
        return strips

    def _unit_strips(self, event: Surface) -> dict[str, LiveStrip]:
        """Every unit's own surface at its block, and the network's at the Output."""
        strips = {name: LiveStrip(units, signed=True) for name, units in event.units.items()}
        answer = 2 * event.answer[-1:] - 1 if event.probabilities else event.answer[:1]
        ends = (name for name, node in self._document.graph.nodes.items() if isinstance(node.block, Output))
        return strips | {name: LiveStrip(answer, signed=True) for name in ends}

    def _put(self, strips: Mapping[str, LiveStrip]) -> None:
        """Put pictures on the cards, each with the gradient of its block."""
        norms = {name: norm for name, norm in self._norms.items() if not self._is_frozen(name)}
        health = judged(norms)
        self._strips = {
            path: replace(strip, norm=norms.get(path), verdict=health.get(path, "")) for path, strip in strips.items()
        }
        self.show()

    def _is_frozen(self, name: str) -> bool:
        """Whether a block's weights stay as they are, so that its gradient says nothing."""
        graph = self._document.graph
        return name in graph.nodes and graph.nodes[graph.sharers(name)[0]].frozen

    def _example_strip(self, event: Maps | Answer) -> LiveStrip:
        data = self._document.project.recipe.data
        counts = self._document.project.recipe.counts
        checked = "validation" if counts.validation else "test"
        lines = (data.title, f"{counts.train:,} train", f"{counts.checking:,} {checked}")
        picture = event.picture.mean(axis=0) if event.picture.ndim == 3 else None
        return LiveStrip(picture, lines=lines, grey=True)

    def _guess_strip(self, event: Maps | Answer) -> LiveStrip:
        labels = self._document.project.recipe.data.labels
        if len(event.guess) != len(labels) or not event.probabilities:
            return LiveStrip(event.guess)
        best = int(event.guess.argmax())
        right = f"label: {labels[event.label]}" if isinstance(event, Maps) else "your picture"
        return LiveStrip(headline=labels[best], lines=(f"{event.guess[best]:.1%}", right))

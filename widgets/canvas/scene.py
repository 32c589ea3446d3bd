"""The scene: one card for each block, one layer for all wires; it follows a drawing by identity."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QGraphicsScene

from engine.blocks.data import Input
from engine.check import Report
from engine.graph import Graph, Node, Wire
from engine.problems import Problem
from widgets.canvas.card import Card
from widgets.canvas.cost_colours import CostColours
from widgets.canvas.detail import Detail, DetailInUse
from widgets.canvas.faces import Bond, Face, Figure, entering, face_of, worst
from widgets.canvas.far import FarLayer
from widgets.canvas.grid import SpatialGrid
from widgets.canvas.hits import NOTHING, PORT_REACH, Hit, card_hit
from widgets.canvas.live import LiveStrip
from widgets.canvas.routing import Route, route
from widgets.canvas.sketch import Sketch
from widgets.canvas.wires import WireLayer, WirePicture, bounds_of

AROUND = 3000.0
"""How far beyond the blocks one may scroll."""
METERED_INSET = 20.0
LONG = 200.0
"""Only wires longer than this look for cards in their way."""
MOST_STIRRED = 200


class CanvasScene(QGraphicsScene):
    """Shows a graph and its report. Nothing here asks for edits; gestures do."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin with an empty drawing."""
        super().__init__(parent)
        self.graph, self.report = Graph(), Report()
        self.colours = CostColours()
        self.figures: Mapping[str, Figure] = {}
        self._owners: set[str] = set()
        self.entering: Mapping[str, str] = {}
        """Inside a group: what enters at each Input, whatever shape the Input itself says."""
        self.cards: dict[str, Card] = {}
        self.detail = DetailInUse()
        self.root = QGraphicsRectItem()
        self.root.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.root.setZValue(1.0)
        self.wires = WireLayer(self.detail)
        self.far = FarLayer(lambda: self.cards.values())
        self.sketch = Sketch()
        for item in (self.wires, self.root, self.far, self.sketch):
            self.addItem(item)
        self.grid: SpatialGrid[str] = SpatialGrid()
        self._stirred: list[QRectF] = []  # where cards have come, gone or grown since wires were last laid
        self._removed: list[Card] = []  # Qt may still name a card that has just been taken away
        self.bounds = QRectF()
        self.centres: NDArray[np.float64] = np.zeros((0, 2))
        self._set_bounds(QRectF(-400, -300, 800, 600))

    def show(self, graph: Graph, report: Report) -> set[str]:
        """Follow another drawing; returns the names of blocks that are gone."""
        old, self.graph, self.report = self.graph, graph, report
        self.figures = self.colours.figures(graph, report)
        gone = old.nodes.keys() - graph.nodes.keys()
        self._removed = [self._remove(name) for name in gone]
        moved = self._show_nodes(rewired=graph.wires is not old.wires)
        if graph.wires is not old.wires:
            for wire in self.wires.pictures.keys() - set(graph.wires):
                self.wires.drop(wire)
        self._show_wires(moved)
        self._clear_the_way()
        if moved or gone:
            self.measure()
        return gone

    def colour_by(self, colours: CostColours) -> None:
        """Colour all cards by another thing that they cost."""
        self.colours = colours
        self.show(self.graph, self.report)

    def set_detail(self, level: Detail) -> None:
        """Draw all cards in another detail."""
        if level is self.detail.level:
            return
        before, self.detail.level = self.detail.level, level
        if Detail.BARS in (before, level):
            self.far.setVisible(level is Detail.BARS)
            self.root.setVisible(level is not Detail.BARS)
        self.update()

    def hit(self, point: QPointF, scale: float = 1.0) -> Hit:
        """What lies at a point; ports need a scale at which they can be seen."""
        ports = self.detail.level is Detail.FULL
        reach = PORT_REACH / min(scale, 1.0) if ports else 0.0
        room = QRectF(point.x() - reach - 1, point.y() - reach - 1, 2 * reach + 2, 2 * reach + 2)
        found = card_hit((self.cards[name] for name in self.grid.near(room)), point, reach)
        if found is not NOTHING:
            return found if ports else Hit("card", found.name)
        wire = self.wires.at(point)
        return Hit("wire", wire=wire) if wire else NOTHING

    def within(self, rect: QRectF) -> list[str]:
        """The blocks whose card touches a rectangle."""
        return [name for name in self.grid.near(rect) if self.cards[name].body().intersects(rect)]

    def count_within(self, rect: QRectF) -> int:
        """About how many cards are in a rectangle, quickly."""
        x, y = self.centres[:, 0], self.centres[:, 1]
        inside = (x > rect.left()) & (x < rect.right()) & (y > rect.top()) & (y < rect.bottom())
        return int(inside.sum())

    def put_at(self, name: str, at: QPointF) -> None:
        """Move one card for now; its wires follow. The drawing changes only when the gesture ends."""
        card = self.cards[name]
        card.setPos(at)
        self.grid.put(name, card.body())
        if self.far.isVisible():
            self.far.move(card)

    def follow(self, names: Iterable[str], settled: bool = False) -> None:
        """Let the wires at some blocks run anew; when `settled`, also round cards that are in the way."""
        wires = {wire for name in names for wire in (*self.graph.into(name), *self.graph.out_of(name))}
        for wire in wires:
            if picture := self.wires.pictures.get(wire):
                self.wires.update(picture.bounds)
                picture.take(self.route(wire, settled))
                self.wires.put(picture)

    def show_live(self, name: str, strip: LiveStrip | None) -> bool:
        """Give a card a live picture; returns whether its size changed."""
        card = self.cards[name]
        height = card.face.height
        card.show_live(strip)
        card.show_face(self._face(card.node, card.problem, card), card.problem)
        if card.face.height == height:
            return False
        self.grid.put(name, card.body())
        self._stirred.append(card.body())
        return True

    def settle(self, names: Iterable[str]) -> None:
        """Some cards have come to rest or grown: lay their wires, and those that they stand in the way of."""
        self.follow(names, settled=True)
        self._clear_the_way()
        self.measure()

    def route(self, wire: Wire, settled: bool = True) -> Route:
        """The line of a wire between its ports as they lie now."""
        source, target = self.cards[wire.source], self.cards[wire.target]
        start, end = source.port(True, wire.output), target.port(False, wire.input)
        others: list[QRectF] = []
        if settled and abs(end.x() - start.x()) > LONG:
            room = QRectF(start, end).normalized().adjusted(-10.0, -10.0, 10.0, 10.0)
            ends = (wire.source, wire.target)
            others = [self.cards[name].body() for name in self.grid.near(room) if name not in ends]
        inputs = target.face.inputs
        rank = inputs.index(wire.input) if wire.input in inputs else 0
        return route(start, end, source.body(), target.body(), others, rank)

    def restore(self, names: Iterable[str]) -> None:
        """Put cards back to where the drawing has them."""
        names = [name for name in names if name in self.cards]
        for name in names:
            self._stirred.append(self.cards[name].body())
            self.put_at(name, QPointF(*self.graph.nodes[name].at))
            self._stirred.append(self.cards[name].body())
        self.settle(names)

    def _show_nodes(self, rewired: bool) -> set[str]:
        """Cards for all blocks; returns those whose ports lie elsewhere now."""
        moved: set[str] = set()
        problems, cards, recoloured = self.report.by_block, self.cards, False
        self._owners = {node.same_as for node in self.graph.nodes.values()}
        self.entering = entering(self.graph, self.report)
        for name, node in self.graph.nodes.items():
            card = cards.get(name)
            if card is None:
                moved.add(name)
                self._add(node)
                continue
            problem = worst(problems[name]) if name in problems else None
            figure = self._figure(name)
            recoloured = recoloured or figure.heat != card.face.figure.heat
            bound = bool(node.same_as) or name in self._owners or card.face.linked or isinstance(node.block, Input)
            same = card.node is node and figure == card.face.figure and not bound
            if same and not rewired and problem is None and card.problem is None:
                continue
            fed = self.graph.feeds(name).keys()
            if same and problem is None and card.problem is None and fed == card.face.fed:
                continue
            if self._show_node(card, node, problem):
                moved.add(name)
        if recoloured:
            self.far.forget()
        return moved

    def _figure(self, name: str) -> Figure:
        return self.figures.get(name, self.colours.nothing)

    def _show_node(self, card: Card, node: Node, problem: Problem | None) -> bool:
        at, before = QPointF(*node.at), card.body()
        card.node = node
        moved = card.show_face(self._face(node, problem, card), problem)
        if card.pos() != at:
            card.setPos(at)
            moved = True
        self.grid.put(node.name, card.body())
        if card.body() != before:
            self._stirred += [before, card.body()]
        return moved

    def _add(self, node: Node) -> None:
        problem = worst(self.report.by_block.get(node.name, ()))
        card = Card(node, self._face(node, problem), self.detail)
        card.problem = problem
        card.setParentItem(self.root)
        self.cards[node.name] = card
        self._stirred.append(card.body())
        self.grid.put(node.name, card.body())

    def _face(self, node: Node, problem: Problem | None, card: Card | None = None) -> Face:
        figure, fed = self._figure(node.name), frozenset(self.graph.feeds(node.name))
        owner = self.graph.nodes.get(node.same_as)
        bond = Bond(node.name in self._owners, owner is not None and owner.frozen, self.entering.get(node.name, ""))
        face = face_of(node, figure, problem, fed, bond=bond)
        if card is None or card.live is None:
            return face
        strip, metered = card.live.height(face.width - METERED_INSET), card.live.norm is not None
        return face_of(node, figure, problem, fed, strip, metered, bond)

    def _remove(self, name: str) -> Card:
        card = self.cards.pop(name)
        self._stirred.append(card.body())
        self.grid.drop(name)
        self.removeItem(card)
        return card

    def _show_wires(self, moved: set[str]) -> None:
        faults, shapes, pictures = self._faults(), self.report.shapes, self.wires.pictures
        for wire in self.graph.wires:
            picture = pictures.get(wire)
            shape, fault = shapes.get(wire[:2]), faults.get((wire.target, wire.input))
            if picture is None:
                line = self.route(wire)
                self.wires.put(WirePicture(wire, line, shape, fault, bounds_of(line)))
            elif wire.source in moved or wire.target in moved:
                self.wires.update(picture.bounds)
                picture.shape, picture.fault = shape, fault
                picture.take(self.route(wire))
                self.wires.put(picture)
            elif picture.shape != shape or picture.fault != fault:
                picture.shape, picture.fault = shape, fault
                self.wires.update(picture.bounds)

    def _clear_the_way(self) -> None:
        """Lay those wires anew that pass where a card has come, gone or grown."""
        stirred, self._stirred = self._stirred, []
        pictures = self.wires.pictures
        if len(stirred) > MOST_STIRRED:
            return  # a new drawing: its wires have just been laid
        near = {wire: None for rect in stirred for wire in self.wires.grid.near(rect)}
        for wire in near:
            picture = pictures[wire]
            if picture.bounds.width() > LONG and any(picture.bounds.intersects(rect) for rect in stirred):
                self.wires.update(picture.bounds)
                picture.take(self.route(wire))
                self.wires.put(picture)

    def _faults(self) -> dict[tuple[str, str], str]:
        """For each faulty input port the few characters that its wire shows."""
        errors = self.report.errors
        return {(problem.block, port): problem.mismatch for problem in errors for port in problem.ports}

    def measure(self) -> None:
        """Where blocks are, for counting, for scrolling and for the map."""
        cards = self.cards.values()
        corners = np.array([card.node.at for card in cards], float).reshape(-1, 2)
        self.far.forget()
        if not len(corners):
            self.centres = corners
            self._set_bounds(QRectF(-400, -300, 800, 600))
            return
        sizes = np.array([(card.face.width, card.face.height) for card in cards])
        self.centres = corners + sizes / 2
        (left, top), (right, bottom) = corners.min(axis=0), (corners + sizes).max(axis=0)
        self._set_bounds(QRectF(left, top, right - left, bottom - top))

    def _set_bounds(self, bounds: QRectF) -> None:
        self.bounds = bounds
        room = bounds.adjusted(-AROUND, -AROUND, AROUND, AROUND)
        if not self.sceneRect().contains(bounds.adjusted(-AROUND / 2, -AROUND / 2, AROUND / 2, AROUND / 2)):
            self.setSceneRect(room)
        for layer in (self.wires, self.far, self.sketch):
            if layer.rect() != self.sceneRect():
                layer.setRect(self.sceneRect())

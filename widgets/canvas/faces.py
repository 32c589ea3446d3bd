"""What a card shows and where its parts lie: plain values derived from a block, its cost and its problem."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF

from engine.blocks.base import Block, shape_text
from engine.blocks.data import Input
from engine.blocks.placeholder import Placeholder
from engine.check import Report
from engine.graph import Graph, Node
from engine.groups import Group
from engine.problems import Problem

Side = Literal["input", "output"]
SIDES: tuple[Side, Side] = ("input", "output")

WIDTH, SLIM = 168.0, 120.0
HEADER = 44.0
PORT_Y = 22.0
"""How far below the card's top the first port sits."""
FIRST_ROW, ROW, FOOT = 54.0, 20.0, 18.0
FIX_ROW, NOTE_ROW, OWNER_ROW = 32.0, 40.0, 22.0
METER_ROW = 28.0
PICTURE_ROW, FROZEN_FOOT = 36.0, 6.0
SIGN = 20.0
"""Room for each small sign at the right of the header."""
SLIM_KIND, SLIM_NAME = 11, 8
"""The most characters of a class and of a name that a slim card can show in full."""

NEWER = ("From a newer program.", "Nothing is lost.")


class Figure(NamedTuple):
    """What a card shows of its block's cost: the number of parameters, or what the canvas is coloured by."""

    text: str = ""
    heat: float | None = None
    """The share of the largest figure, from 0 to 1, in whose colour the card is drawn; None for the family's."""


NO_FIGURE = Figure()


class Bond(NamedTuple):
    """What a card shows that its own block does not know: of blocks that share its weights, of what lies outside."""

    owns: bool = False
    """Whether others use its weights."""
    frozen: bool = False
    """Whether the block whose weights it uses is frozen."""
    enters: str = ""
    """Inside a group: the shape that enters at an Input."""


NO_BOND = Bond()


@dataclass(frozen=True)
class Face:
    """One card: its texts, its ports and its height; equal faces look the same."""

    name: str
    kind: str
    settings: str
    family: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    figure: Figure = NO_FIGURE
    level: str = ""
    faulty: tuple[str, ...] = ()
    fed: frozenset[str] = frozenset()
    strip: float = 0.0
    metered: bool = False
    frozen: bool = False
    owner: str = ""
    """The block whose weights this one uses."""
    linked: bool = False
    """Whether it shares weights at all, as their owner or not."""
    inside: Graph | None = None
    """What a group holds."""
    note: tuple[str, ...] = ()
    """What it says about a block whose kind is unknown to this program."""

    @property
    def placeholder(self) -> bool:
        """Whether the block's kind is unknown to this program."""
        return not self.family

    @property
    def filling(self) -> str:
        """What the card is filled with where there is room for nothing else: its family, or a heat such as `0.5`."""
        return self.family if self.figure.heat is None else f"{self.figure.heat:.3f}"

    @property
    def code(self) -> str:
        """The second line: the class and its key settings."""
        return f"{self.kind} {self.settings}".strip()

    @cached_property
    def signs(self) -> tuple[str, ...]:
        """The icons at the right of the header, the rightmost first."""
        signs = (
            "arrows-maximize" if self.inside is not None else "",
            "snowflake" if self.frozen else "",
            "link" if self.linked else "",
        )
        return tuple(filter(None, signs))

    @cached_property
    def open_rect(self) -> QRectF:
        """The sign that opens a group; empty for other blocks."""
        right = self.width - 8.0 - (SIGN if self.level else 0.0)
        return QRectF(right - SIGN, 10.0, SIGN, 22.0) if self.inside is not None else QRectF()

    @cached_property
    def width(self) -> float:
        """Blocks with nothing to set are slim, but for those that show an example or the guess beside its words."""
        short = len(self.kind) <= SLIM_KIND and len(self.name) <= SLIM_NAME and self.family != "data"
        plain = not (self.settings or self.level or self.placeholder or self.signs)
        return SLIM if short and plain else WIDTH

    @cached_property
    def body_top(self) -> float:
        """Where what follows the header and the rows of ports begins."""
        rows = max(len(self._rows("input")), len(self._rows("output")))
        return FIRST_ROW + (rows - 1) * ROW + FOOT if rows else HEADER

    @cached_property
    def content_top(self) -> float:
        """Where notes, repairs and pictures begin, below the line about shared weights."""
        return self.body_top + (OWNER_ROW if self.owner else 0.0)

    @cached_property
    def height(self) -> float:
        """The whole card."""
        height = self.content_top + (NOTE_ROW if self.placeholder else FIX_ROW if self.level else 0.0)
        height += self.strip + 8.0 if self.strip else PICTURE_ROW + 8.0 if self.inside is not None else 0.0
        return height + (METER_ROW if self.metered else 0.0) + (FROZEN_FOOT if self.frozen else 0.0)

    @cached_property
    def rect(self) -> QRectF:
        """The card in its own coordinates."""
        return QRectF(0.0, 0.0, self.width, self.height)

    @cached_property
    def fix_rect(self) -> QRectF:
        """The button that applies the first repair; empty where nothing is wrong."""
        if not self.level or self.placeholder:
            return QRectF()
        return QRectF(8.0, self.content_top - 1.0, self.width - 16.0, 24.0)

    @cached_property
    def badge_rect(self) -> QRectF:
        """The triangle or dot at the top right."""
        return QRectF(self.width - 28.0, 10.0, 20.0, 22.0) if self.level else QRectF()

    @cached_property
    def strip_rect(self) -> QRectF:
        """Where live pictures are drawn."""
        top = self.content_top + (FIX_ROW if self.level else 0.0)
        return QRectF(10.0, top, self.width - 20.0, self.strip) if self.strip else QRectF()

    @cached_property
    def picture_rect(self) -> QRectF:
        """Where a group shows what is inside; live pictures take its place."""
        top = self.content_top + (FIX_ROW if self.level else 0.0)
        return (
            QRectF(10.0, top, self.width - 20.0, PICTURE_ROW)
            if self.inside is not None and not self.strip
            else QRectF()
        )

    @cached_property
    def meter_rect(self) -> QRectF:
        """Where the gradient norm is drawn."""
        top = self.height - METER_ROW - (FROZEN_FOOT if self.frozen else 0.0)
        return QRectF(0.0, top, self.width, METER_ROW) if self.metered else QRectF()

    def ports(self, side: Side) -> tuple[tuple[str, QPointF], ...]:
        """Each port of a side and where its dot lies, in the card's coordinates."""
        return self._input_points if side == "input" else self._output_points

    def port_at(self, side: Side, name: str) -> QPointF:
        """Where one port's dot lies."""
        return next((point for port, point in self.ports(side) if port == name), QPointF(0.0, PORT_Y))

    def labelled(self, side: Side) -> tuple[tuple[str, QPointF], ...]:
        """The ports that have a label, because there are several on their side."""
        rows = self._rows(side)
        return tuple((name, point) for name, point in self.ports(side) if name in rows)

    def label_room(self, point: QPointF) -> float:
        """How wide a port's label may be: all of its row, or half of it where there is one at the other side too."""
        shared = sum(point.y() == other.y() for side in SIDES for _, other in self.labelled(side)) > 1
        return (self.width - 28.0) / (2 if shared else 1)

    def _rows(self, side: Side) -> tuple[str, ...]:
        """Ports that have a row of their own: further inputs, and all of several outputs or of a group's inputs."""
        ports = self.inputs if side == "input" else self.outputs
        return ports[1:] if side == "input" and self.inside is None else ports if len(ports) > 1 else ()

    def _heights(self, side: Side) -> list[float]:
        """How far below the top the ports of a side sit: those without a row at the header."""
        count, rows = len(self.inputs if side == "input" else self.outputs), len(self._rows(side))
        return [PORT_Y] * (count - rows) + [FIRST_ROW + ROW * row for row in range(rows)]

    @cached_property
    def _input_points(self) -> tuple[tuple[str, QPointF], ...]:
        return tuple((name, QPointF(0.0, y)) for name, y in zip(self.inputs, self._heights("input"), strict=True))

    @cached_property
    def _output_points(self) -> tuple[tuple[str, QPointF], ...]:
        heights = self._heights("output")
        return tuple((name, QPointF(self.width, y)) for name, y in zip(self.outputs, heights, strict=True))


def face_of(
    node: Node,
    figure: Figure = NO_FIGURE,
    problem: Problem | None = None,
    fed: frozenset[str] = frozenset(),
    strip: float = 0.0,
    metered: bool = False,
    bond: Bond = NO_BOND,
) -> Face:
    """The face of a block; there is no figure while its input is unknown."""
    block = node.block
    group = block if isinstance(block, Group) else None
    times = f"× {group.repeat}" if group and group.repeat > 1 else ""
    return Face(
        node.name,
        group.class_name if group else getattr(block, "known_as", "") or block.kind(),
        times if group else bond.enters or block.key_settings(),
        block.family,
        block.input_ports(),
        block.output_ports(),
        figure,
        problem.level if problem else "",
        problem.ports if problem and problem.level == "error" else (),
        fed,
        strip,
        metered,
        node.frozen or bond.frozen,
        node.same_as,
        bool(node.same_as) or bond.owns,
        group.graph if group else None,
        _note(block),
    )


def _note(block: Block) -> tuple[str, ...]:
    if not isinstance(block, Placeholder):
        return ()
    return ("Could not be imported.", "Select it to see why.") if block.imported else NEWER


def entering(graph: Graph, report: Report) -> dict[str, str]:
    """The Inputs at which another shape enters than they say: those inside a group."""
    inputs = ((name, node.block) for name, node in graph.nodes.items() if isinstance(node.block, Input))
    known = ((name, block, report.shapes.get((name, "output"))) for name, block in inputs)
    return {name: shape_text(shape) for name, block, shape in known if shape is not None and shape != block.shape}


def worst(problems: tuple[Problem, ...]) -> Problem | None:
    """The problem that a card shows: an error before a warning; hints stay in the list of problems."""
    shown = [problem for problem in problems if problem.level != "hint"]
    return min(shown, key=lambda problem: problem.level, default=None)  # "error" sorts before "warning"

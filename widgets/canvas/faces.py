"""What a card shows and where its parts lie: plain values derived from a block, its cost and its problem."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF

from engine.graph import Node
from engine.problems import Problem

Side = Literal["input", "output"]

WIDTH, SLIM = 168.0, 120.0
HEADER = 44.0
PORT_Y = 22.0
"""How far below the card's top the first port sits."""
FIRST_ROW, ROW, FOOT = 54.0, 20.0, 18.0
FIX_ROW, NOTE_ROW = 32.0, 40.0
METER_ROW = 28.0
SLIM_KIND, SLIM_NAME = 11, 8
"""The most characters of a class and of a name that a slim card can show in full."""


class Figure(NamedTuple):
    """What a card shows of its block's cost: the number of parameters, or what the canvas is coloured by."""

    text: str = ""
    heat: float | None = None
    """The share of the largest figure, from 0 to 1, in whose colour the card is drawn; None for the family's."""


NO_FIGURE = Figure()


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
    def width(self) -> float:
        """Blocks with nothing to set are slim, but for those that show an example or the guess beside its words."""
        short = len(self.kind) <= SLIM_KIND and len(self.name) <= SLIM_NAME and self.family != "data"
        return SLIM if short and not self.settings and not self.level and not self.placeholder else WIDTH

    @cached_property
    def body_top(self) -> float:
        """Where what follows the header and the rows of ports begins."""
        rows = max(len(self._rows("input")), len(self._rows("output")))
        return FIRST_ROW + (rows - 1) * ROW + FOOT if rows else HEADER

    @cached_property
    def height(self) -> float:
        """The whole card."""
        height = self.body_top + (NOTE_ROW if self.placeholder else FIX_ROW if self.level else 0.0)
        height += self.strip + 8.0 if self.strip else 0.0
        return height + (METER_ROW if self.metered else 0.0)

    @cached_property
    def rect(self) -> QRectF:
        """The card in its own coordinates."""
        return QRectF(0.0, 0.0, self.width, self.height)

    @cached_property
    def fix_rect(self) -> QRectF:
        """The button that applies the first repair; empty where nothing is wrong."""
        if not self.level or self.placeholder:
            return QRectF()
        return QRectF(8.0, self.body_top - 1.0, self.width - 16.0, 24.0)

    @cached_property
    def badge_rect(self) -> QRectF:
        """The triangle or dot at the top right."""
        return QRectF(self.width - 28.0, 10.0, 20.0, 22.0) if self.level else QRectF()

    @cached_property
    def strip_rect(self) -> QRectF:
        """Where live pictures are drawn."""
        top = self.body_top + (FIX_ROW if self.level else 0.0)
        return QRectF(10.0, top, self.width - 20.0, self.strip) if self.strip else QRectF()

    @cached_property
    def meter_rect(self) -> QRectF:
        """Where the gradient norm is drawn."""
        return QRectF(0.0, self.height - METER_ROW, self.width, METER_ROW) if self.metered else QRectF()

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

    def _rows(self, side: Side) -> tuple[str, ...]:
        """Ports that have a row of their own: further inputs, and all of several outputs."""
        if side == "input":
            return self.inputs[1:]
        return self.outputs if len(self.outputs) > 1 else ()

    @cached_property
    def _input_points(self) -> tuple[tuple[str, QPointF], ...]:
        heights = [PORT_Y, *(FIRST_ROW + ROW * row for row in range(len(self.inputs)))]
        return tuple((name, QPointF(0.0, y)) for name, y in zip(self.inputs, heights, strict=False))

    @cached_property
    def _output_points(self) -> tuple[tuple[str, QPointF], ...]:
        heights = [FIRST_ROW + ROW * row for row in range(len(self.outputs))] if len(self.outputs) > 1 else [PORT_Y]
        return tuple((name, QPointF(self.width, y)) for name, y in zip(self.outputs, heights, strict=False))


def face_of(
    node: Node,
    figure: Figure = NO_FIGURE,
    problem: Problem | None = None,
    fed: frozenset[str] = frozenset(),
    strip: float = 0.0,
    metered: bool = False,
) -> Face:
    """The face of a block; there is no figure while its input is unknown."""
    block = node.block
    return Face(
        node.name,
        getattr(block, "known_as", "") or block.kind(),
        block.key_settings(),
        block.family,
        block.input_ports(),
        block.output_ports(),
        figure,
        problem.level if problem else "",
        problem.ports if problem and problem.level == "error" else (),
        fed,
        strip,
        metered,
    )


def worst(problems: tuple[Problem, ...]) -> Problem | None:
    """The problem that a card shows: an error before a warning; hints stay in the list of problems."""
    shown = [problem for problem in problems if problem.level != "hint"]
    return min(shown, key=lambda problem: problem.level, default=None)  # "error" sorts before "warning"

r"""The drawing as a LaTeX picture: a document of its own, whose tikzpicture can be taken over into a paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import resources
from engine.blocks.base import FAMILIES, Shape
from engine.check import Report, check
from engine.graph import Graph, Node, Wire
from engine.lower import NotReady
from engine.project import Project

ACROSS, DOWN = 0.025, 0.02
"""Centimetres for one unit of the canvas; a little more from left to right, for the shapes on the wires."""
BLOCK = 168.0
"""Units of the canvas that a block is wide; a wire to what begins further left runs back."""
BETWEEN_ROWS = 112.0
"""Units of the canvas above a block at which such a wire runs."""
WIDTH, HEIGHT, ROW = 2.6, 0.9, 0.4
"""Centimetres of a block, at least, and how much every further port adds."""

ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\char36{}",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\`{}",
    "-": "{-}",
    "×": r"$\times$",
    "→": r"$\rightarrow$",
    "…": r"\dots{}",
}
LEAST_BEND, MOST_BEND = 0.6, 4.0
"""Centimetres for which a wire keeps straight on at its ends."""
NO_FAMILY = "unknown"
SMALLEST = 0.05
"""How small blocks may get in a large picture; TeX cannot compute with smaller ones."""
LARGEST = 300.0
"""Centimetres that a picture may measure in each direction; TeX cannot count beyond 575, on slanted lines either."""

HEAD = r"""% {title}: a network drawn with Layerloom.
% Typeset this file with pdflatex, or copy the tikzpicture with the lines above it into a document.
\documentclass[tikz, border=8pt]{{standalone}}
\usetikzlibrary{{arrows.meta}}
{colours}
\tikzset{{
  every node/.style={{scale={size}}},
  loom block/.style={{draw=#1, fill=#1!12, thick, rounded corners=2pt, align=center, font=\sffamily\small,
    minimum width={width}cm, inner xsep=4pt, inner ysep=1pt}},
  loom wire/.style={{-{{Latex[length=1.6mm]}}, semithick, draw=black!65}},
  loom shape/.style={{font=\sffamily\tiny, fill=white, fill opacity=0.8, text opacity=1, inner sep=1pt, text=black!75}},
  loom port/.style={{font=\sffamily\tiny, text=black!75, inner sep=2pt}},
}}
\begin{{document}}
\begin{{tikzpicture}}
"""
TAIL = "\\end{tikzpicture}\n\\end{document}\n"


def export_tikz(project: Project) -> str:
    """The LaTeX text; wires whose shape is not known have no label. Raises NotReady for an empty drawing."""
    graph = project.graph
    if not graph.nodes:
        raise NotReady("The drawing is empty, so there is no picture of it.")
    picture = _Picture(graph, check(graph))
    title = "".join(letter if letter.isprintable() and letter.isascii() else " " for letter in project.title)
    colours = "\n".join(_colours())
    size = max(picture.shrunk, SMALLEST)
    head = HEAD.format(title=" ".join(title.split()), colours=colours, width=_number(WIDTH), size=_number(size))
    return head + "".join(f"  {line}\n" for line in picture.lines()) + TAIL


def escape(text: str) -> str:
    """Text as LaTeX prints it; letters that LaTeX may not have become question marks."""
    return "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    return ESCAPED.get(letter) or (letter if letter.isascii() and letter.isprintable() else "?")


def _colours() -> Iterator[str]:
    """The families' colours, as the light theme has them."""
    tokens: dict[str, Any] = json.loads(resources.path("themes", "light.json").read_text("utf-8"))
    for family in FAMILIES:
        yield rf"\definecolor{{{family}}}{{HTML}}{{{tokens['colour'][f'family-{family}'].lstrip('#').upper()}}}"
    yield rf"\colorlet{{{NO_FAMILY}}}{{gray}}"


class _Picture:
    """One drawing with the place of everything in it."""

    def __init__(self, graph: Graph, report: Report) -> None:
        self.graph, self.report = graph, report
        self.places = {name: f"b{number}" for number, name in enumerate(graph.nodes)}
        across, down = zip(*(node.at for node in graph.nodes.values()), strict=True)
        self.left, self.top = min(across), min(down)
        extent = max(ACROSS * (max(across) - self.left), DOWN * (max(down) - self.top))
        self.shrunk = min(1.0, LARGEST / max(extent, 1.0))

    def lines(self) -> Iterator[str]:
        """The blocks, then the wires."""
        for node in self.graph.nodes.values():
            yield self._block(node)
            for side, ports in (("west", node.block.input_ports()), ("east", node.block.output_ports())):
                if len(ports) > 1:
                    yield from (self._label(node.name, side, port, ports) for port in ports)
        yield from map(self._wire, self.graph.wires)

    def _block(self, node: Node) -> str:
        block = node.block
        kind = escape(f"{getattr(block, 'known_as', '') or block.kind()} {block.key_settings()}".strip())
        rows = max(len(block.input_ports()), len(block.output_ports()), 1) - 1
        style = f"loom block={block.family or NO_FAMILY}, minimum height={_number(HEIGHT + ROW * rows)}cm"
        across, down = self._cm(ACROSS * (node.at[0] - self.left)), self._cm(DOWN * (self.top - node.at[1]))
        words = rf"\textbf{{{escape(node.name)}}}\\[-1pt] {{\scriptsize {kind}}}"
        return rf"\node[{style}, anchor=north west] ({self.places[node.name]}) at ({across}, {down}) {{{words}}};"

    def _label(self, name: str, side: str, port: str, ports: tuple[str, ...]) -> str:
        return rf"\node[loom port, anchor={side}] at ({self._at(name, side, port, ports)}) {{{escape(port)}}};"

    def _wire(self, wire: Wire) -> str:
        source, target = self.graph.nodes[wire.source], self.graph.nodes[wire.target]
        start = self._at(wire.source, "east", wire.output, source.block.output_ports())
        across, down = target.at[0] - source.at[0], target.at[1] - source.at[1]
        if across < BLOCK:
            return self._return(wire, start, down)
        end = self._at(wire.target, "west", wire.input, target.block.input_ports())
        bend = min(max(self.shrunk * ACROSS * across / 3, LEAST_BEND), MOST_BEND)
        curve = f".. controls +({_number(bend)}, 0) and +({_number(-bend)}, 0) .."
        return rf"\draw[loom wire] ({start}) {curve}{self._label_of(wire)} ({end});"

    def _return(self, wire: Wire, start: str, down: float) -> str:
        """A wire to a block further left, such as the first one of the next row: out, between the rows, and in."""
        ports = self.graph.nodes[wire.target].block.input_ports()
        before, end = (self._at(wire.target, "west", wire.input, ports, left) for left in (LEAST_BEND, 0.0))
        fall = self._cm(-DOWN * max(down - BETWEEN_ROWS, BETWEEN_ROWS))
        way = f"-- ++({LEAST_BEND}, 0) -- ++(0, {fall}) -|{self._label_of(wire, ', pos=0.25')} ({before})"
        return rf"\draw[loom wire, rounded corners=4pt] ({start}) {way} -- ({end});"

    def _label_of(self, wire: Wire, where: str = "") -> str:
        shape = self.report.wire_shape(wire)
        return "" if shape is None else rf" node[loom shape{where}] {{{_shape(shape)}}}"

    def _at(self, name: str, side: str, port: str, ports: tuple[str, ...], left: float = 0.0) -> str:
        """Where a port lies, or a place so many centimetres left of it: the ports of a side share its height."""
        below = ports.index(port) - (len(ports) - 1) / 2
        shifts = [f"xshift={_number(-left)}cm"] * bool(left) + [f"yshift={self._cm(-below * ROW)}cm"] * bool(below)
        return f"[{', '.join(shifts)}]{self.places[name]}.{side}" if shifts else f"{self.places[name]}.{side}"

    def _cm(self, length: float) -> str:
        return _number(length * self.shrunk)


def _shape(shape: Shape) -> str:
    return "$N" + "".join(rf" \times {size}" for size in shape) + "$"


def _number(value: float) -> str:
    """A number as LaTeX reads it, without an exponent."""
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")

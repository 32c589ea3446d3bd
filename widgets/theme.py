"""The look as a value: colours, sizes, fonts and durations by name, read from resources/themes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

import resources
from widgets.fonts import KINDS, font_of, load_fonts

Density = Literal["comfortable", "compact"]
COMPACT_HEIGHT = 800
"""Screens up to this many pixels high start with the compact density."""

_PALETTE = {
    QPalette.ColorRole.Window: "surface",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "surface-sunken",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text-faint",
    QPalette.ColorRole.Button: "surface-raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "danger",
    QPalette.ColorRole.ToolTipBase: "surface-overlay",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "accent-soft",
    QPalette.ColorRole.HighlightedText: "text",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Light: "surface-raised",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line-strong",
    QPalette.ColorRole.Shadow: "canvas",
}
_FADED = (
    QPalette.ColorRole.WindowText,
    QPalette.ColorRole.Text,
    QPalette.ColorRole.ButtonText,
    QPalette.ColorRole.HighlightedText,
)


@dataclass(frozen=True)
class Family:
    """How one family of blocks is told apart: by colour, by icon and by the pattern of its edge."""

    name: str
    colour: QColor
    icon: str
    pattern: str


@dataclass(frozen=True)
class PlotStyle:
    """How one series of a plot is told apart: by colour, by dash and by marker."""

    colour: QColor
    dash: tuple[float, ...]
    marker: str


@dataclass(frozen=True)
class Theme:
    """One set of tokens with the user's density and wish for calm."""

    name: str
    density: Density = "comfortable"
    reduced_motion: bool = False
    tokens: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def dark(self) -> bool:
        """Whether text is lighter than what lies behind it."""
        return self.colour("text").lightness() > self.colour("canvas").lightness()

    @property
    def compact(self) -> bool:
        """Whether rows and controls are the low ones."""
        return self.density == "compact"

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """The colour of a token, such as "accent"; alpha 0 is clear, 1 is solid."""
        colour = QColor(self.tokens["colour"][name])
        colour.setAlphaF(alpha)
        return colour

    def space(self, step: int) -> int:
        """A distance from the scale 0, 2, 4, 8, 12, 16, 24, 32, 48."""
        return int(self.tokens["space"][str(step)])

    def size(self, name: str) -> int:
        """A length in pixels, such as "control", in the current density."""
        sizes = self.tokens["size"]
        return int(sizes.get(f"{name}-compact", sizes[name]) if self.compact else sizes[name])

    def radius(self, name: str) -> int:
        """The radius of a corner, such as "block"."""
        return int(self.tokens["radius"][name])

    def stroke(self, name: str) -> float:
        """The width of a line, such as "wire"."""
        return float(self.tokens["stroke"][name])

    def duration(self, name: str) -> int:
        """Milliseconds of a movement, such as "normal"; none at all when motion is reduced."""
        return 0 if self.reduced_motion else int(self.tokens["duration-ms"][name])

    def font_size(self, name: str) -> float:
        """Pixels of a kind of text; body text shrinks by half a pixel in the compact density."""
        size = float(self.tokens["font"]["size"][name])
        return size - 0.5 if self.compact and name == "body" else size

    def font_family(self, name: Literal["text", "code"] = "text") -> str:
        """The family for text or for code."""
        return str(self.tokens["font"][name])

    def font(self, kind: str = "body", weight: str = "") -> QFont:
        """A font by kind, such as "title"; `weight` may name another one, such as "medium"."""
        return font_of(kind, self.tokens["font"], self.font_size(KINDS[kind][1]), weight)

    def family(self, name: str) -> Family:
        """The look of a family of blocks, such as "convolution"."""
        row = next(row for row in self.tokens["family"] if row["name"] == name)
        return Family(name, self.colour(row["colour"]), row["icon"], row["edge-pattern"])

    def families(self) -> tuple[str, ...]:
        """The names of all families in the order of the palette."""
        return tuple(row["name"] for row in self.tokens["family"])

    def plot(self, index: int) -> PlotStyle:
        """The look of the series with this number; the eight styles repeat."""
        row = self.tokens["plot"][index % len(self.tokens["plot"])]
        return PlotStyle(self.colour(row["colour"]), tuple(map(float, row["dash"])), row["marker"])

    def heat(self, name: str) -> list[QColor]:
        """The stops of a heat map: "sequential", "count" or "diverging"."""
        return [QColor(stop) for stop in self.tokens["heat"][name]]

    def heat_table(self, name: str) -> NDArray[np.uint8]:
        """The same heat map as 256 rows of red, green and blue."""
        return _heat_table(tuple(self.tokens["heat"][name]))

    def palette(self) -> QPalette:
        """The colours for what a style sheet does not reach."""
        palette = QPalette()
        for role, token in _PALETTE.items():
            palette.setColor(role, self.colour(token))
        for role in _FADED:
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text-disabled"))
        return palette

    def with_(self, density: Density | None = None, reduced_motion: bool | None = None) -> "Theme":
        """The same colours with another density or another wish for calm."""
        return replace(
            self,
            density=self.density if density is None else density,
            reduced_motion=self.reduced_motion if reduced_motion is None else reduced_motion,
        )


@cache
def _heat_table(names: tuple[str, ...]) -> NDArray[np.uint8]:
    colours = [QColor(name) for name in names]
    stops = np.array([(stop.red(), stop.green(), stop.blue()) for stop in colours], float)
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    table = np.stack(mixed, axis=1).round().astype(np.uint8)
    table.setflags(write=False)
    return table


@cache
def _tokens(name: str) -> Mapping[str, Any]:
    tokens: Mapping[str, Any] = json.loads(resources.path("themes", f"{name}.json").read_text("utf-8"))
    return tokens


def theme_names() -> tuple[str, ...]:
    """The themes that can be loaded."""
    return tuple(sorted(path.stem for path in resources.path("themes").glob("*.json")))


def load_theme(name: str, density: Density = "comfortable", reduced_motion: bool = False) -> Theme:
    """A theme by name, "light" or "dark"."""
    return Theme(name, density, reduced_motion, _tokens(name))


class Themes(QObject):
    """Holds the theme in use and tells when it is another one."""

    changed = Signal(object)

    def __init__(self) -> None:
        """Start light; `apply` decides."""
        super().__init__()
        self._current = load_theme("light")

    @property
    def current(self) -> Theme:
        """The theme in use."""
        return self._current

    def show(self, theme: Theme) -> None:
        """Use another theme and say so."""
        self._current = theme
        self.changed.emit(theme)

    @contextmanager
    def lend(self, theme: Theme) -> Iterator[None]:
        """Use another theme for one picture, without telling anybody."""
        before, self._current = self._current, theme
        try:
            yield
        finally:
            self._current = before


@cache
def themes() -> Themes:
    """The one holder of the theme in this process."""
    return Themes()


def current() -> Theme:
    """The theme in use."""
    return themes().current


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole program: fonts, palette, style and style sheet; then tell every widget."""
    from widgets.stylesheet import stylesheet  # the sheet is written in terms of a Theme

    load_fonts()
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(theme.palette())
    app.setFont(theme.font("body"))
    app.setStyleSheet(stylesheet(theme))
    themes().show(theme)


def set_kind(widget: QWidget, kind: str) -> None:
    """Give a widget one of the looks of the style sheet, such as "primary" for a button."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def inset_text(spin_box: QAbstractSpinBox) -> None:
    """Keep a number away from the edge of its field: style sheets cannot, Qt ignores the padding there."""
    edit = spin_box.findChild(QLineEdit)
    if isinstance(edit, QLineEdit):
        edit.setTextMargins(current().space(2) + current().space(1), 0, 0, 0)

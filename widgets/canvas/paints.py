"""Pens, brushes, fonts and prepared texts of the theme in use, made once and shared by everything on the canvas."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap, QStaticText, QTransform

from engine.graph import Graph
from widgets import icons
from widgets.theme import Theme, current, themes
from widgets.thumbnail import draw_thumbnail

TILE = 22
"""Side of the coloured square with the family's icon."""
MOST_TEXTS, MOST_INSIDES = 6000, 400
DARK_INK, LIGHT_INK, MIDDLE = "#000000", "#FFFFFF", 0.179
"""Letters on a heat colour, and the luminance above which the dark ones can be read better."""
UNKNOWN_FAMILY = "line-strong"
"""The token for a block of no family, such as one from a newer program."""


class Paints:
    """What painting needs again and again, for one theme."""

    def __init__(self, theme: Theme) -> None:
        """Take the theme; everything is made when it is first asked for."""
        self.theme = theme
        self._colours: dict[tuple[str, float], QColor] = {}
        self._pens: dict[tuple[str, float, str, float], QPen] = {}
        self._brushes: dict[tuple[str, float], QBrush] = {}
        self._fonts: dict[str, tuple[QFont, QFontMetricsF]] = {}
        self._texts: dict[tuple[str, str], QStaticText] = {}
        self._elided: dict[tuple[str, str, float], str] = {}
        self._tiles: dict[str, QPixmap] = {}
        self._insides: dict[int, tuple[Graph, QPixmap]] = {}
        self._pictures: dict[tuple[Graph, int, int], QPixmap] = {}

    def colour(self, token: str, alpha: float = 1.0) -> QColor:
        """A token's colour."""
        if (key := (token, alpha)) not in self._colours:
            self._colours[key] = self.theme.colour(token, alpha)
        return self._colours[key]

    def pen(self, token: str, width: float = 1.0, dash: str = "", alpha: float = 1.0) -> QPen:
        """A line in a token's colour; `dash` is "", "dots" or "dashes"."""
        if (key := (token, width, dash, alpha)) not in self._pens:
            pen = QPen(self.colour(token, alpha), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dash:
                pen.setDashPattern([1.5, 1.5] if dash == "dots" else [3.0, 2.0])
            self._pens[key] = pen
        return self._pens[key]

    def brush(self, token: str, alpha: float = 1.0) -> QBrush:
        """A filling in a token's colour."""
        if (key := (token, alpha)) not in self._brushes:
            self._brushes[key] = QBrush(self.colour(token, alpha))
        return self._brushes[key]

    def hatch(self) -> QBrush:
        """The slanted lines of what cannot be used."""
        return self.slants("line")

    def slants(self, token: str) -> QBrush:
        """Slanted lines in a token's colour."""
        return QBrush(self.colour(token), Qt.BrushStyle.BDiagPattern)

    def font(self, kind: str) -> QFont:
        """A font; the kinds are those of the theme, "name" is a block's name and "far" the name seen from afar."""
        return self._font(kind)[0]

    def metrics(self, kind: str) -> QFontMetricsF:
        """The measures of a font."""
        return self._font(kind)[1]

    def text(self, kind: str, text: str) -> QStaticText:
        """A text that is laid out once."""
        prepared = self._texts.get((kind, text))
        if prepared is None:
            if len(self._texts) > MOST_TEXTS:
                self._texts.clear()
            prepared = QStaticText(text)
            prepared.setTextFormat(Qt.TextFormat.PlainText)
            prepared.prepare(QTransform(), self.font(kind))
            self._texts[kind, text] = prepared
        return prepared

    @staticmethod
    def _elide_mode(kind: str) -> Qt.TextElideMode:
        """From afar names must still be told apart, and it is their numbers that differ."""
        return Qt.TextElideMode.ElideMiddle if kind == "far" else Qt.TextElideMode.ElideRight

    def width(self, kind: str, text: str) -> float:
        """How wide a text is."""
        return self.text(kind, text).size().width()

    def elided(self, kind: str, text: str, width: float) -> str:
        """The text, or a part of it with … where it is too wide."""
        key = kind, text, width
        if key not in self._elided:
            if len(self._elided) > MOST_TEXTS:
                self._elided.clear()
            self._elided[key] = self.metrics(kind).elidedText(text, self._elide_mode(kind), width)
        return self._elided[key]

    def write(self, painter: QPainter, kind: str, token: str, at: QPointF, text: str) -> None:
        """Draw a text with its top left corner at a point."""
        painter.setFont(self.font(kind))
        painter.setPen(self.pen(token))
        painter.drawStaticText(at, self.text(kind, text))

    def family_colour(self, family: str) -> QColor:
        """The colour of a family; grey where there is none."""
        return self.colour(f"family-{family}" if family else UNKNOWN_FAMILY)

    def heat(self, share: float) -> QColor:
        """The colour for a share of the largest figure; grey for none."""
        if not share:
            return self.colour("line-strong")
        red, green, blue = self.theme.heat_table("sequential")[round(255 * share)]
        return QColor(int(red), int(green), int(blue))

    def filling(self, filling: str) -> QColor:
        """The colour of a whole card: of a family, or of a heat such as `0.5` (see `Face.filling`)."""
        return self.heat(float(filling)) if filling[:1].isdigit() else self.family_colour(filling)

    def tile(self, family: str) -> QPixmap:
        """The coloured square with a family's icon."""
        if family not in self._tiles:
            self._tiles[family] = self._drawn_tile(family)
        return self._tiles[family]

    def icon(self, name: str, token: str, size: int = 16, filled: bool = False) -> QPixmap:
        """An icon, sharp also when zoomed in."""
        return icons.pixmap(name, token, size, filled, scale=2.0)

    def draw_tile(self, painter: QPainter, at: QPointF, family: str) -> None:
        """Draw the coloured square with a family's icon."""
        painter.drawPixmap(at, self.tile(family))

    def draw_icon(
        self, painter: QPainter, at: QPointF, name: str, token: str, size: int = 16, filled: bool = False
    ) -> None:
        """Draw an icon with its top left corner at a point."""
        painter.drawPixmap(at, self.icon(name, token, size, filled))

    def draw_inside(self, painter: QPainter, place: QRectF, graph: Graph) -> None:
        """Draw a small picture of a drawing."""
        known = self._insides.get(id(graph))
        if known is None or known[0] is not graph:
            known = self._insides[id(graph)] = graph, self._alike(graph, round(place.width()), round(place.height()))
        painter.drawPixmap(place.topLeft(), known[1])

    def _alike(self, graph: Graph, width: int, height: int) -> QPixmap:
        """The picture of an equal drawing: groups are often built alike, but comparing them takes too long a frame."""
        key = graph, width, height
        if key not in self._pictures:
            if len(self._pictures) > MOST_INSIDES:
                self._pictures.clear()
                self._insides.clear()
            self._pictures[key] = self._drawn_inside(*key)
        return self._pictures[key]

    def _font(self, kind: str) -> tuple[QFont, QFontMetricsF]:
        if kind not in self._fonts:
            if kind == "far":
                font = self.theme.font("display", "semibold")
                font.setPixelSize(22)
            elif kind == "strong-small":
                font = self.theme.font("small", "semibold")
            else:
                font = self.theme.font("label" if kind == "name" else kind)
            self._fonts[kind] = font, QFontMetricsF(font)
        return self._fonts[kind]

    def _drawn_inside(self, graph: Graph, width: int, height: int) -> QPixmap:
        picture = QPixmap(2 * width, 2 * height)
        picture.setDevicePixelRatio(2.0)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_inside(painter, graph, width, height)
        painter.end()
        return picture

    def paint_inside(self, painter: QPainter, graph: Graph, width: int, height: int) -> None:
        """The same without a prepared picture, at the painter's origin: for a file that is to stay sharp."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.brush("canvas"))
        painter.drawRoundedRect(QRectF(0.0, 0.0, width, height), 5.0, 5.0)
        draw_thumbnail(painter, graph, width, height)

    def _drawn_tile(self, family: str) -> QPixmap:
        tile = QPixmap(2 * TILE, 2 * TILE)
        tile.setDevicePixelRatio(2.0)
        tile.fill(Qt.GlobalColor.transparent)
        painter = QPainter(tile)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.family_colour(family))
        radius = self.theme.radius("small") + 1
        painter.drawRoundedRect(QRectF(0, 0, TILE, TILE), radius, radius)
        name = self.theme.family(family).icon if family else "database"
        painter.drawPixmap(QPointF(3, 3), self.icon(name, "family-glyph"))
        painter.end()
        return tile


@lru_cache(maxsize=2)
def _for(theme: Theme) -> Paints:
    return Paints(theme)


class _Latest:
    """The paints used last: themes compare field by field, which is too slow for every card."""

    theme: Theme | None = None
    paints: Paints


def paints() -> Paints:
    """The paints of the theme in use."""
    theme = current()
    if theme is not _Latest.theme:
        _Latest.theme, _Latest.paints = theme, _for(theme)
    return _Latest.paints


@contextmanager
def painting_with(tools: Paints) -> Iterator[None]:
    """Let everything on a canvas be painted with these for a moment, in their theme; no view is told."""
    before = paints()
    with themes().lend(tools.theme):
        _Latest.theme, _Latest.paints = tools.theme, tools
        try:
            yield
        finally:
            _Latest.theme, _Latest.paints = before.theme, before


def ink_on(colour: QColor) -> QColor:
    """Letters that can be read on a colour: dark on a light one, light on a dark one."""
    shares = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return QColor(DARK_INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > MIDDLE else LIGHT_INK)

"""The drawing as a picture in a file, painted by the very items of the canvas."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPageSize, QPainter, QPainterPath, QPdfWriter
from PySide6.QtSvg import QSvgGenerator, QSvgRenderer

from engine.check import Report, check
from engine.graph import Graph
from engine.lower import NotReady
from engine.project import Project
from widgets import icons
from widgets.canvas.paints import TILE, Paints, painting_with
from widgets.canvas.scene import CanvasScene
from widgets.fonts import load_fonts
from widgets.theme import Theme, load_theme

MARGIN = 24.0
"""Room around the drawing."""
DOTS = 96
"""Units of the canvas in an inch."""
POINT = 72 / DOTS
SHARPNESS = 2.0
"""Pixels of a picture for one unit of the canvas."""
WIDEST, MOST_PIXELS = 16_000, 64_000_000
"""Of a picture in pixels; a larger drawing is drawn smaller."""
LONGEST_PAGE = 14_400
"""Points that a page of a PDF can measure."""
PDF_DOTS = 1200
FRAME = re.compile(r'<path stroke="none"[^>]*fill="none" ?/>')
"""The unseen square round an icon, which Qt draws in vector files."""


class VectorPaints(Paints):
    """Draws icons as shapes instead of pixels, and texts in one go."""

    def draw_tile(self, painter: QPainter, at: QPointF, family: str) -> None:
        """The square, and on it the icon."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.family_colour(family))
        radius = self.theme.radius("small") + 1
        painter.drawRoundedRect(QRectF(at.x(), at.y(), TILE, TILE), radius, radius)
        name = self.theme.family(family).icon if family else "database"
        self.draw_icon(painter, at + QPointF(3, 3), name, "family-glyph")

    def draw_inside(self, painter: QPainter, place: QRectF, graph: Graph) -> None:
        """The picture of what is inside a group, as shapes."""
        painter.save()
        painter.translate(place.topLeft())
        self.paint_inside(painter, graph, round(place.width()), round(place.height()))
        painter.restore()

    def draw_icon(
        self, painter: QPainter, at: QPointF, name: str, token: str, size: int = 16, filled: bool = False
    ) -> None:
        """The icon's own lines."""
        text = FRAME.sub("", icons.svg(name, self.colour(token), filled))
        QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(at.x(), at.y(), size, size))

    def write(self, painter: QPainter, kind: str, token: str, at: QPointF, text: str) -> None:
        """The text with its font, which the file takes in."""
        painter.setFont(self.font(kind))
        painter.setPen(self.pen(token))
        painter.drawText(at + QPointF(0.0, self.metrics(kind).ascent()), text)


class OutlinePaints(VectorPaints):
    """Draws texts as outlines, for files that cannot take fonts in."""

    def write(self, painter: QPainter, kind: str, token: str, at: QPointF, text: str) -> None:
        """The letters' shapes."""
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)  # strokes of a letter may overlap
        path.addText(at + QPointF(0.0, self.metrics(kind).ascent()), self.font(kind), text)
        painter.fillPath(path, self.brush(token))


def draw_picture(project: Project, form: str, theme: str = "light") -> bytes:
    """The bytes of a picture as "svg", "png" or "pdf". Raises NotReady for an empty drawing.

    Needs a running QApplication, which may be one without a screen.
    """
    if not project.graph.nodes:
        raise NotReady("The drawing is empty, so there is no picture of it.")
    load_fonts()
    look, draw = load_theme(theme), FORMS[form]
    tools = OutlinePaints(look) if form == "svg" else VectorPaints(look)
    with painting_with(tools):
        return draw(_Picture(project.graph, check(project.graph), look, project.title))


class _Picture:
    """A scene of its own, with nothing chosen and nothing pointed at."""

    def __init__(self, graph: Graph, report: Report, theme: Theme, title: str) -> None:
        self.title, self.theme = title, theme
        self.scene = CanvasScene()
        self.scene.show(graph, report)
        bounds = self.scene.bounds
        for wire in self.scene.wires.pictures.values():
            bounds = bounds.united(wire.bounds)
        self.bounds = bounds.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN).toAlignedRect()

    @property
    def size(self) -> QSize:
        """In units of the canvas."""
        return self.bounds.size()

    def paint(self, painter: QPainter, scale: float) -> None:
        """Paint the ground and the drawing, from the corner of the painter's device."""
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        whole = QRectF(QPointF(), QSizeF(self.size))
        painter.fillRect(whole, self.theme.colour("canvas"))
        self.scene.render(painter, whole, QRectF(self.bounds), Qt.AspectRatioMode.IgnoreAspectRatio)


def _svg(picture: _Picture) -> bytes:
    def paint(buffer: QBuffer) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(DOTS)
        generator.setSize(picture.size)
        generator.setViewBox(QRectF(QPointF(), QSizeF(picture.size)))
        generator.setTitle(_plain(picture.title))
        generator.setDescription("A neural network drawn with Layerloom.")
        painter = QPainter(generator)
        picture.paint(painter, 1.0)
        painter.end()

    return _into_buffer(paint)


def _pdf(picture: _Picture) -> bytes:
    width, height = picture.size.width() * POINT, picture.size.height() * POINT
    shrunk = min(1.0, LONGEST_PAGE / max(width, height))

    def paint(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setTitle(_plain(picture.title))
        writer.setCreator("Layerloom")
        writer.setResolution(PDF_DOTS)
        page = QSizeF(width * shrunk, height * shrunk)
        writer.setPageSize(QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
        writer.setPageMargins(QMarginsF())
        painter = QPainter(writer)
        picture.paint(painter, shrunk * PDF_DOTS / DOTS)
        painter.end()

    return _into_buffer(paint)


def _png(picture: _Picture) -> bytes:
    width, height = picture.size.width(), picture.size.height()
    scale = min(SHARPNESS, WIDEST / width, WIDEST / height, (MOST_PIXELS / (width * height)) ** 0.5)

    def paint(buffer: QBuffer) -> None:
        image = QImage(max(1, round(width * scale)), max(1, round(height * scale)), QImage.Format.Format_RGB32)
        image.setDotsPerMeterX(round(scale * DOTS / 0.0254))
        image.setDotsPerMeterY(round(scale * DOTS / 0.0254))
        painter = QPainter(image)
        picture.paint(painter, scale)
        painter.end()
        QImageWriter(buffer, QByteArray(b"png")).write(image)

    return _into_buffer(paint)


def _into_buffer(paint: Callable[[QBuffer], None]) -> bytes:
    """What is written into a file in memory."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    paint(buffer)
    buffer.close()
    return bytes(buffer.data().data())


def _plain(title: str) -> str:
    """A stranger's title without letters that no text file may hold."""
    return "".join(letter for letter in title if letter.isprintable())


FORMS: dict[str, Callable[[_Picture], bytes]] = {"svg": _svg, "png": _png, "pdf": _pdf}
"""What draws each kind of picture."""

"""Pictures of a drawing in files: vector where the format is, in either theme, alike everywhere, and tidy."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from math import ceil

import pytest
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine.blocks.data import Input
from engine.blocks.linear import Linear
from engine.graph import Graph, Node, Wire
from engine.lower import NotReady
from engine.project import Project
from engine.templates import new
from widgets.canvas.paints import paints
from widgets.canvas.picture import MARGIN, MOST_PIXELS, SHARPNESS, draw_picture
from widgets.theme import current, load_theme, themes

THEMES = ("light", "dark")

pytestmark = pytest.mark.usefixtures("qapp")


def png(project: Project, theme: str = "light") -> QImage:
    return QImage.fromData(draw_picture(project, "png", theme))


def svg_image(content: bytes) -> QImage:
    renderer = QSvgRenderer(QByteArray(content))
    image = QImage(renderer.viewBox().size() * int(SHARPNESS), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.magenta)
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    return image


def ink(image: QImage) -> list[float]:
    """How much of each of 24 × 12 fields differs from the ground."""
    small = image.scaled(240, 120, mode=Qt.TransformationMode.SmoothTransformation)
    ground = small.pixelColor(0, 0)
    found = [0.0] * (24 * 12)
    for x in range(240):
        for y in range(120):
            found[24 * (y // 10) + x // 10] += unlike(small.pixelColor(x, y), ground) / 100
    return found


def unlike(one: QColor, other: QColor) -> float:
    return abs(one.lightnessF() - other.lightnessF())


@pytest.mark.parametrize("theme", THEMES)
def test_an_svg_is_all_outlines_and_parses(theme: str) -> None:
    content = draw_picture(new("residual"), "svg", theme)
    root = ElementTree.fromstring(content)
    kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "path" in kinds and not kinds & {"text", "image", "script", "foreignObject"}
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Residual network"
    assert load_theme(theme).colour("canvas").name() in content.decode()


@pytest.mark.parametrize("theme", THEMES)
def test_svg_and_png_show_the_same(theme: str) -> None:
    project = new("residual")
    flat, vector = png(project, theme), svg_image(draw_picture(project, "svg", theme))
    assert flat.size() == vector.size()
    assert flat.pixelColor(0, 0) == vector.pixelColor(0, 0) == load_theme(theme).colour("canvas")
    pairs = list(zip(ink(flat), ink(vector), strict=True))
    assert max(abs(one - other) for one, other in pairs) < 0.08
    assert sum(one for one, _ in pairs) > 3


def test_a_pdf_takes_its_fonts_in_and_has_no_pixels() -> None:
    content = draw_picture(new("residual"), "pdf")
    assert content.startswith(b"%PDF") and b"%%EOF" in content[-10:]
    fonts = set(re.findall(rb"/FontName /([\w+-]+)", content))
    assert fonts and all(any(known in name for known in (b"Inter", b"JetBrainsMono")) for name in fonts)
    assert content.count(b"/FontFile2") >= len(fonts) and b"/Subtype /Image" not in content
    (box,) = re.findall(rb"/MediaBox \[([\d. ]+)\]", content)
    width, height = (float(number) for number in box.split()[2:])
    image = png(new("residual"))
    assert (width, height) == pytest.approx(
        (image.width() * 0.75 / SHARPNESS, image.height() * 0.75 / SHARPNESS), abs=1
    )


def test_everything_lies_inside_the_margins() -> None:
    """Also a wire that swings out further than any block."""
    graph = Graph().add(Node("digits", Input(shape=(4,)), (400.0, 0.0)), Node("linear1", Linear(out_features=3)))
    image = png(Project(graph.connect(Wire("digits", "output", "linear1", "input"))))
    ground, edge = image.pixelColor(0, 0), int(MARGIN * SHARPNESS) - 2
    rows = [(x, y) for x in range(image.width()) for y in (*range(edge), *range(image.height() - edge, image.height()))]
    columns = [
        (x, y) for y in range(image.height()) for x in (*range(edge), *range(image.width() - edge, image.width()))
    ]
    assert all(image.pixelColor(x, y) == ground for x, y in (*rows, *columns))
    middle = range(edge, image.width() - edge)
    assert any(image.pixelColor(x, image.height() // 2) != ground for x in middle)


def test_a_picture_has_the_shapes_on_its_wires() -> None:
    graph = Graph().add(Node("digits", Input(shape=(4,))), Node("linear1", Linear(out_features=3), (300.0, 0.0)))
    image = png(Project(graph.connect(Wire("digits", "output", "linear1", "input"))))
    above, between = int(SHARPNESS * (MARGIN + 14)), int(SHARPNESS * (MARGIN + 180))  # over the wire, past the block
    row = [unlike(image.pixelColor(x, above), image.pixelColor(0, 0)) for x in range(image.width())]
    assert any(difference > 0.4 for difference in row[between : between + int(SHARPNESS * 100)])


def test_a_drawing_with_problems_is_pictured_with_them() -> None:
    cnn = new("cnn")
    broken = Project(cnn.graph.configure("conv2", kernel_size=31), cnn.recipe)
    for theme in THEMES:
        content = draw_picture(broken, "svg", theme).decode()
        assert load_theme(theme).colour("danger").name() in content
        assert load_theme(theme).colour("danger").name() not in draw_picture(cnn, "svg", theme).decode()


def test_a_picture_leaves_the_theme_in_use_alone(qapp: QApplication) -> None:
    told = list[object]()
    themes().changed.connect(told.append)
    before, tools = current(), paints()
    other = "dark" if before.name == "light" else "light"
    draw_picture(new("spiral"), "svg", other)
    themes().changed.disconnect(told.append)
    assert current() is before and paints() is tools and not told


def test_a_wide_drawing_is_drawn_smaller() -> None:
    graph = Graph().add(Node("digits", Input(shape=(4,))), Node("linear1", Linear(out_features=3), (90_000.0, 9_000.0)))
    image = png(Project(graph))
    assert 0 < image.width() * image.height() <= MOST_PIXELS + image.width() and image.width() <= 16_000
    (box,) = re.findall(rb"/MediaBox \[([\d. ]+)\]", draw_picture(Project(graph), "pdf"))
    assert ceil(max(float(number) for number in box.split())) <= 14_400


def test_a_title_cannot_break_a_picture() -> None:
    hostile = Project(new("spiral").graph, title='</title><script>alert(1)</script> & "quotes" \x00\x1b')
    root = ElementTree.fromstring(draw_picture(hostile, "svg"))
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert draw_picture(hostile, "pdf").startswith(b"%PDF")


def test_of_nothing_there_is_no_picture() -> None:
    with pytest.raises(NotReady, match="empty"):
        draw_picture(Project(), "svg")

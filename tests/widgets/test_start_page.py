"""The start page offers templates and recent drawings, by pointer and by key, in any size and either theme."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.graph import Graph
from engine.templates import TEMPLATES
from widgets.start_cards import CommandRow, RecentRow, TemplateCard, Tile
from widgets.start_page import StartPage
from widgets.theme import apply, current, load_theme
from widgets.thumbnail import thumbnail


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> StartPage:
    apply(qapp, load_theme("light"))
    made = StartPage()
    qtbot.addWidget(made)
    made.show_templates(
        [(t.name, t.title, t.summary, t.project().graph, "some parameters") for t in TEMPLATES.values()]
    )
    made.resize(1366, 724)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def tile_of(page: StartPage, kind: type[Tile], title: str) -> Tile:
    return next(tile for tile in page.findChildren(kind) if tile.text() == title and tile.isVisible())


def click(tile: Tile) -> None:
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton)


def columns_of(page: StartPage) -> int:
    return len({card.mapTo(page, card.rect().topLeft()).x() for card in visible_cards(page)})


def visible_cards(page: StartPage) -> list[TemplateCard]:
    return [card for card in page.findChildren(TemplateCard) if card.isVisible()]


def colours_in(image: QImage) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


def test_every_template_is_a_card_and_a_click_chooses_it(page: StartPage) -> None:
    chosen: list[str] = []
    page.template_chosen.connect(chosen.append)
    for template in TEMPLATES.values():
        click(tile_of(page, TemplateCard, template.title))
    assert chosen == list(TEMPLATES)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_a_card_opens_by_key(page: StartPage, key: Qt.Key) -> None:
    chosen: list[str] = []
    page.template_chosen.connect(chosen.append)
    card = tile_of(page, TemplateCard, TEMPLATES["cnn"].title)
    card.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(card, key)
    assert chosen == ["cnn"]


def test_new_and_open_are_asked_for(page: StartPage) -> None:
    asked: list[str] = []
    page.new_requested.connect(lambda: asked.append("new"))
    page.open_requested.connect(lambda: asked.append("open"))
    click(tile_of(page, CommandRow, "New network"))
    click(tile_of(page, CommandRow, "Open…"))
    click(tile_of(page, TemplateCard, "Empty sheet"))
    assert asked == ["new", "open", "new"]


def test_recent_drawings_replace_each_other_and_can_be_chosen(page: StartPage) -> None:
    chosen: list[str] = []
    page.recent_chosen.connect(chosen.append)
    graph = TEMPLATES["mlp"].project().graph
    page.show_recent([("/a/first.loom", "first", "/a", graph), ("/a/lost.loom", "lost", "/a", None)])
    QApplication.processEvents()
    click(tile_of(page, RecentRow, "lost"))
    page.show_recent([("/b/second.loom", "second", "/b", graph)])
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    assert [row.text() for row in page.findChildren(RecentRow)] == ["second"]
    click(tile_of(page, RecentRow, "second"))
    assert chosen == ["/a/lost.loom", "/b/second.loom"]


def test_without_recent_drawings_it_says_what_will_be_there(page: StartPage) -> None:
    page.show_recent([])
    assert any("appear here" in label.text() for label in page.findChildren(QLabel))


def test_showing_templates_again_leaves_one_set_of_cards(page: StartPage) -> None:
    page.show_templates([("mlp", "Only this", "text", TEMPLATES["mlp"].project().graph, "detail")])
    QApplication.processEvents()
    assert sorted(card.text() for card in visible_cards(page)) == ["Empty sheet", "Only this"]


@pytest.mark.parametrize(("width", "columns"), [(1920, 3), (1366, 3), (940, 2), (640, 1)])
def test_cards_flow_with_the_width_and_never_stick_out(page: StartPage, width: int, columns: int) -> None:
    page.resize(width, 600)
    QApplication.processEvents()
    assert columns_of(page) == columns
    for card in visible_cards(page):
        assert card.mapTo(page, card.rect().topRight()).x() < page.width()


def test_the_ring_is_for_those_who_come_by_key(page: StartPage) -> None:
    card, ring = tile_of(page, TemplateCard, "Residual network"), current().colour("focus").name()
    card.setFocus(Qt.FocusReason.MouseFocusReason)
    assert ring not in colours_in(card.grab().toImage())
    card.clearFocus()
    card.setFocus(Qt.FocusReason.TabFocusReason)
    assert ring in colours_in(card.grab().toImage())


def test_another_theme_is_taken_on_at_once(page: StartPage, qapp: QApplication) -> None:
    light = page.grab().toImage().pixelColor(page.width() - 20, page.height() - 20)
    apply(qapp, load_theme("dark"))
    try:
        dark = page.grab().toImage().pixelColor(page.width() - 20, page.height() - 20)
        assert light == load_theme("light").colour("canvas")
        assert dark == load_theme("dark").colour("canvas")
    finally:
        apply(qapp, load_theme("light"))


def test_a_thumbnail_shows_every_family_and_keeps_off_the_edges(qapp: QApplication) -> None:
    graph = TEMPLATES["residual"].project().graph
    image = thumbnail(graph, 300, 120).toImage()
    shown = colours_in(image)
    for node in graph.nodes.values():
        assert current().family(node.block.family).colour.name() in shown
    border = [image.pixelColor(x, y).alpha() for x in range(image.width()) for y in (0, image.height() - 1)]
    border += [image.pixelColor(x, y).alpha() for x in (0, image.width() - 1) for y in range(image.height())]
    assert max(border) == 0


def test_no_drawing_and_one_block_have_thumbnails_too(qapp: QApplication) -> None:
    empty = thumbnail(Graph(), 46, 30)
    assert empty.deviceIndependentSize().width() == 46
    assert empty.toImage().pixelColor(10, 10).alpha() == 0
    node = next(iter(TEMPLATES["linear"].project().graph.nodes.values()))
    one = thumbnail(Graph().add(replace(node, at=(900.0, -400.0))), 46, 30).toImage()
    assert one.pixelColor(one.width() // 2, one.height() // 2).alpha() == 255

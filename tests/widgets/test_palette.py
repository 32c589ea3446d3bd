"""The palette shows every block, finds it by a word, and hands it over by key, double click or drag."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTreeView
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.blocks.base import FAMILIES
from engine.composites import COMPOSITES
from widgets.block_search import ranked
from widgets.canvas.dropping import BLOCK_MIME, block_of
from widgets.offers import READY, on_offer
from widgets.palette import AT_FIRST, Palette, family_title
from widgets.theme import apply, load_theme


@pytest.fixture
def palette(qtbot: QtBot, qapp: QApplication) -> Palette:
    apply(qapp, load_theme("light"))
    made = Palette()
    qtbot.addWidget(made)
    made.resize(176, 600)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def field_of(palette: Palette) -> QLineEdit:
    field = palette.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    return field


def rows_of(palette: Palette) -> QTreeView:
    rows = palette.findChild(QTreeView)
    assert isinstance(rows, QTreeView)
    return rows


def kinds_chosen(palette: Palette) -> list[str]:
    chosen: list[str] = []
    palette.chosen.connect(chosen.append)
    return chosen


def drag_out(palette: Palette, kind: str) -> None:
    """Press on a row and pull it away, as a hand does."""
    start = palette.rect_of(kind).center()
    QTest.mousePress(palette.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in (10, 20, 40):
        QTest.mouseMove(palette.viewport(), start + QPoint(step, 0), delay=1)
    QTest.mouseRelease(palette.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))


def test_every_block_of_the_catalogue_is_there_under_its_family(palette: Palette) -> None:
    assert palette.shown_kinds()[: len(AT_FIRST)] == list(AT_FIRST)
    kinds = {kind for kind in BLOCKS if BLOCKS[kind].family in FAMILIES}
    assert set(palette.shown_kinds()) == kinds | {f"{READY}{name}" for name in COMPOSITES}
    model = rows_of(palette).model()
    titles = [model.index(row, 0).data() for row in range(model.rowCount())]
    filled = [family for family in FAMILIES if any(block.family == family for block in BLOCKS.values())]
    assert titles == ["Used most", *map(family_title, filled)]


def test_a_row_can_be_found_in_the_viewport(palette: Palette) -> None:
    for kind in ("Linear", "Flatten", "Concatenate"):
        place = palette.rect_of(kind)
        assert palette.viewport().rect().contains(place.center())
        assert rows_of(palette).indexAt(place.center()).data() == kind


def test_typing_leaves_what_is_meant_and_enter_takes_the_first(palette: Palette) -> None:
    chosen = kinds_chosen(palette)
    palette.focus_search()
    QTest.keyClicks(field_of(palette), "dense")
    assert palette.shown_kinds()[0] == "Linear"
    QTest.keyClick(field_of(palette), Qt.Key.Key_Return)
    assert chosen == ["Linear"]
    QTest.keyClick(field_of(palette), Qt.Key.Key_Escape)
    assert len(palette.shown_kinds()) > len(BLOCKS) - 2


def test_enter_in_an_empty_field_puts_nothing_in(palette: Palette) -> None:
    chosen = kinds_chosen(palette)
    palette.focus_search()
    QTest.keyClick(field_of(palette), Qt.Key.Key_Return)
    assert chosen == []


def test_down_leads_from_the_field_to_the_list(palette: Palette) -> None:
    chosen = kinds_chosen(palette)
    palette.focus_search()
    QTest.keyClicks(field_of(palette), "pool")
    QTest.keyClick(field_of(palette), Qt.Key.Key_Down)
    assert rows_of(palette).hasFocus()
    QTest.keyClick(rows_of(palette), Qt.Key.Key_Down)
    QTest.keyClick(rows_of(palette), Qt.Key.Key_Return)
    assert chosen == [ranked("pool")[1]]
    QTest.keyClick(rows_of(palette), Qt.Key.Key_Slash)
    assert field_of(palette).hasFocus()


def test_a_double_click_puts_a_block_in(palette: Palette) -> None:
    chosen = kinds_chosen(palette)
    at = palette.rect_of("Dropout").center()
    QTest.mouseClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == []
    QTest.mouseDClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == ["Dropout"]


def test_a_click_on_a_family_folds_it_and_it_stays_folded(palette: Palette) -> None:
    rows = rows_of(palette)
    title = rows.model().index(1, 0)
    assert rows.isExpanded(title)
    QTest.mouseClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(title).center())
    assert not rows.isExpanded(title)
    QTest.keyClicks(field_of(palette), "x")
    field_of(palette).clear()
    assert not rows.isExpanded(rows.model().index(1, 0))
    assert rows.isExpanded(rows.model().index(2, 0))


def test_a_compact_palette_starts_folded(qtbot: QtBot, qapp: QApplication) -> None:
    apply(qapp, load_theme("light", "compact"))
    try:
        palette = Palette()
        qtbot.addWidget(palette)
        rows = rows_of(palette)
        open_ones = [row for row in range(rows.model().rowCount()) if rows.isExpanded(rows.model().index(row, 0))]
        assert open_ones == [0]
        palette.resize(176, 600)
        palette.show()
        assert rows.indexAt(palette.rect_of("Flatten").center()).data() == "Flatten"
    finally:
        apply(qapp, load_theme("light"))


def test_a_row_is_dragged_as_what_the_canvas_takes(palette: Palette) -> None:
    carried: list[tuple[str, bool]] = []

    def note(drag: QDrag) -> Qt.DropAction:
        block = block_of(drag.mimeData(), on_offer())
        assert block is not None
        assert drag.mimeData().hasFormat(BLOCK_MIME)
        carried.append((block.kind(), drag.pixmap().isNull()))
        return Qt.DropAction.CopyAction

    palette.exec_drag = note
    drag_out(palette, "Flatten")
    assert carried == [("Flatten", False)]


def test_what_is_used_more_often_stands_first_the_next_time(palette: Palette) -> None:
    for _ in range(2):
        QTest.mouseDClick(palette.viewport(), Qt.MouseButton.LeftButton, pos=palette.rect_of("GELU").center())
    assert palette.shown_kinds()[: len(AT_FIRST)] == list(AT_FIRST)
    palette.hide()
    palette.show()
    assert palette.shown_kinds()[: len(AT_FIRST)] == ["GELU", *AT_FIRST[:3]]


def test_a_word_for_nothing_says_so(palette: Palette) -> None:
    QTest.keyClicks(field_of(palette), "qqq")
    assert palette.shown_kinds() == []
    assert "qqq" in rows_of(palette).model().index(0, 0).data()

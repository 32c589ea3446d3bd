"""The search that opens on the canvas says what fits, follows the keys, and closes with one choice."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListView
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.check import check
from engine.placing import fit
from engine.templates import TEMPLATES
from widgets.offers import on_offer
from widgets.palette_painting import KIND
from widgets.search_popup import MOST_ROWS, TEXT, WIDTH, SearchPopup
from widgets.theme import apply, load_theme

CORNER = QPoint(40, 40)


class Said:
    """What a popup said."""

    def __init__(self, popup: SearchPopup) -> None:
        self.chosen: list[str] = []
        self.closed = 0
        popup.chosen.connect(self.chosen.append)
        popup.closed.connect(self._count)

    def _count(self) -> None:
        self.closed += 1


@pytest.fixture
def popup(qtbot: QtBot, qapp: QApplication) -> SearchPopup:
    apply(qapp, load_theme("light"))
    made = SearchPopup()
    qtbot.addWidget(made)
    return made


def after_flatten(kind: str) -> tuple[str, str]:
    """What a kind makes of the flattened picture of a real drawing."""
    graph = TEMPLATES["mlp"].project().graph
    return fit(graph, check(graph), on_offer()[kind].make(None), ("flatten", "output"))


def field_of(popup: SearchPopup) -> QLineEdit:
    field = popup.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    return field


def rows_of(popup: SearchPopup) -> QListView:
    rows = popup.findChild(QListView)
    assert isinstance(rows, QListView)
    return rows


def press(popup: SearchPopup, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(field_of(popup), key)


def test_what_fits_stands_before_what_does_not(popup: SearchPopup) -> None:
    popup.open_at(CORNER, after_flatten, "after flatten")
    order = ("fits", "partly", "repair", "refuses")
    kinds = [kind for kind in popup.shown_kinds() if not on_offer()[kind].slow]
    meanings = [order.index(after_flatten(kind)[1]) for kind in kinds]
    assert meanings == sorted(meanings)
    assert {0, 3} <= set(meanings)
    assert popup.shown_kinds()[0] not in ("Input", "Output")


def test_what_groups_would_give_is_said_a_moment_later(qtbot: QtBot, popup: SearchPopup) -> None:
    popup.open_at(CORNER, after_flatten, "after flatten")
    model = rows_of(popup).model()

    def said() -> dict[str, str]:
        indexes = [model.index(row, 0) for row in range(model.rowCount())]
        return {index.data(KIND): index.data(TEXT) for index in indexes if on_offer()[index.data(KIND)].slow}

    assert set(said().values()) == {""}
    qtbot.waitUntil(lambda: all(said().values()))
    assert said() == {key: after_flatten(key)[0] for key in said()}


def test_without_a_place_every_block_is_there_in_the_order_of_the_palette(popup: SearchPopup) -> None:
    popup.open_at(CORNER, lambda _kind: ("", ""), "")
    assert {kind for kind in BLOCKS if BLOCKS[kind].family} < set(popup.shown_kinds())
    popup.open_at(CORNER, None, "")
    assert set(popup.shown_kinds()) == set(on_offer())


def test_typing_and_enter_choose_one_and_close(popup: SearchPopup) -> None:
    said = Said(popup)
    popup.open_at(CORNER, after_flatten, "after flatten")
    assert field_of(popup).hasFocus() or popup.focusWidget() is field_of(popup)
    QTest.keyClicks(field_of(popup), "dense")
    press(popup, Qt.Key.Key_Return)
    assert said.chosen == ["Linear"]
    assert said.closed == 1
    assert not popup.isVisible()


def test_arrows_and_tab_walk_round_the_list(popup: SearchPopup) -> None:
    said = Said(popup)
    popup.open_at(CORNER, None, "")
    QTest.keyClicks(field_of(popup), "pool")
    kinds = popup.shown_kinds()
    press(popup, Qt.Key.Key_Down, Qt.Key.Key_Tab)
    assert rows_of(popup).currentIndex().data() == kinds[2]
    press(popup, Qt.Key.Key_Up)
    QTest.keyClick(field_of(popup), Qt.Key.Key_Backtab)
    press(popup, Qt.Key.Key_Up)
    assert rows_of(popup).currentIndex().data() == kinds[-1]
    press(popup, Qt.Key.Key_Enter)
    assert said.chosen == [kinds[-1]]


def test_escape_closes_without_a_choice(popup: SearchPopup) -> None:
    said = Said(popup)
    popup.open_at(CORNER, None, "")
    press(popup, Qt.Key.Key_Escape)
    assert (said.chosen, said.closed, popup.isVisible()) == ([], 1, False)


def test_a_click_chooses_and_the_next_opening_starts_afresh(popup: SearchPopup) -> None:
    said = Said(popup)
    popup.open_at(CORNER, None, "")
    QTest.keyClicks(field_of(popup), "flat")
    at = rows_of(popup).visualRect(rows_of(popup).model().index(0, 0)).center()
    QTest.mouseClick(rows_of(popup).viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert said.chosen == ["Flatten"]
    popup.open_at(CORNER, None, "")
    assert field_of(popup).text() == ""
    assert len(popup.shown_kinds()) > MOST_ROWS


def test_enter_on_nothing_found_does_nothing(popup: SearchPopup) -> None:
    said = Said(popup)
    popup.open_at(CORNER, None, "")
    QTest.keyClicks(field_of(popup), "qqq")
    press(popup, Qt.Key.Key_Return)
    assert said.chosen == []
    assert popup.isVisible()


def test_it_stays_on_the_screen_and_shows_nine_rows_at_most(popup: SearchPopup, qapp: QApplication) -> None:
    area = qapp.primaryScreen().availableGeometry()
    popup.open_at(area.bottomRight(), None, "")
    assert area.contains(popup.geometry())
    assert popup.width() == WIDTH
    assert rows_of(popup).height() == MOST_ROWS * load_theme("light").size("row")
    popup.open_at(CORNER, None, "")
    assert popup.pos() == CORNER


def test_a_long_title_gives_way_to_what_is_typed(popup: SearchPopup) -> None:
    popup.open_at(CORNER, None, "after convolution1")
    assert "after convolution1" in _visible_texts(popup)
    QTest.keyClicks(field_of(popup), "a very long word to search for")
    assert "after convolution1" not in _visible_texts(popup)


def _visible_texts(popup: SearchPopup) -> list[str]:
    return [label.text() for label in popup.findChildren(QLabel) if label.isVisible()]

"""A table of numbers shows its titles whole."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from widgets.number_table import NumberTable


def test_a_column_is_as_wide_as_its_title_needs(qtbot: QtBot) -> None:
    table = NumberTable("Examples")
    qtbot.addWidget(table)
    table.show_rows(["age", "sepal length (cm)", "a title " * 20], ["1"], [["5", "5.1", "6"]])
    header = table.horizontalHeader()
    for column in range(2):
        assert header.sectionSize(column) >= header.sectionSizeHint(column)
    assert header.sectionSize(2) < header.sectionSizeHint(2) / 3, (
        "one endless title does not push all others out of view"
    )

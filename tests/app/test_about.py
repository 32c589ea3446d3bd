"""The page about the program names everybody whose data travel with it."""

from pathlib import Path

from PySide6.QtWidgets import QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

import resources
from app.dialogs import show_about
from engine.recipes.data_sets import DATA_SETS


def test_the_licence_of_every_bundled_data_set_is_shown(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    show_about(parent)
    (page,) = parent.findChildren(QTextBrowser)
    text = " ".join(page.toPlainText().split())
    bundled = [data for kind in DATA_SETS.values() if (data := kind()).is_bundled]
    assert len(bundled) == 8
    assert all(data.title in text and data.licence in text for data in bundled)


def test_every_data_file_has_its_source_written_down() -> None:
    folder = resources.path("data")
    written = (folder / "SOURCES.md").read_text("utf-8")
    files = {file.name for file in Path(folder).glob("*.npz")}
    used = {source.file for kind in DATA_SETS.values() if (source := kind().source) and source.file}
    assert used == files and all(f"`{name}`" in written for name in files)

"""The window for tests, with settings and own blocks of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window
from tests.app.driving import Driver


@pytest.fixture(autouse=True)
def empty_clipboard() -> Iterator[None]:
    """Nothing stays on the clipboard: without a screen Qt deletes it after Python has gone, and crashes."""
    yield
    if isinstance(QApplication.instance(), QApplication):
        QApplication.clipboard().clear()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """Shows the linear template; its training process is not started."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = Window(Appearance(qapp, Preferences(theme="light", reduced_motion=True)), Runner())
    window.files.ask_unsaved = lambda: "discard"
    qtbot.addWidget(window)
    window.show()
    window.files.open_template("linear")
    yield window
    window.session.shutdown()


@pytest.fixture
def driver(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """A window with its training process, driven by mouse and keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    driver = Driver(qtbot, qapp)
    yield driver
    driver.close()

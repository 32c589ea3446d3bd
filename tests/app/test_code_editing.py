"""The code is written in, and the drawing follows as one undo step, or nothing changes and the lines are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window
from engine.templates import new


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = Window(Appearance(qapp, Preferences(theme="light", reduced_motion=True)), Runner())
    window.files.ask_unsaved = lambda: "discard"
    qtbot.addWidget(window)
    window.show()
    window.files.open_template("linear")
    window.document.start(new("mlp"))
    window.show_drawing()
    yield window
    window.session.shutdown()


def write(window: Window, old: str, fresh: str) -> None:
    window.code_panel.edit_button.click()
    text = window.code.toPlainText()
    assert old in text
    window.code.setPlainText(text.replace(old, fresh))


def test_an_applied_text_is_one_undo_step(window: Window, qtbot: QtBot) -> None:
    before = window.document.graph
    write(window, "nn.ReLU()", "nn.Tanh()")
    window.code_panel.apply_button.click()
    qtbot.waitUntil(lambda: not window.code_panel.editing)
    changed = window.document.graph
    assert {n for n in changed.nodes if changed.nodes[n] is not before.nodes[n]} == {"relu1", "relu2"}
    assert changed.nodes["relu1"].block.kind() == "Tanh"
    assert "nn.Tanh()" in window.code.toPlainText()
    window.document.history.undo()
    assert window.document.graph is before
    assert "nn.ReLU()" in window.code.toPlainText()


def test_lines_that_cannot_be_understood_are_marked_and_nothing_changes(window: Window, qtbot: QtBot) -> None:
    before = window.document.graph
    write(window, "self.relu1 = nn.ReLU()", "self.relu1 = nn.Magic()")
    window.code_panel.apply_button.click()
    qtbot.waitUntil(lambda: window.code_panel.troubles.count() > 0)
    assert window.document.graph is before
    assert window.code_panel.apply_button.isVisible()
    assert "there is no block for nn.Magic" in window.code_panel.troubles.item(0).text()
    line = window.code.textCursor().block().text()
    assert "nn.Magic()" in line
    QTest.keyClick(window.code, Qt.Key.Key_Escape)
    assert not window.code_panel.apply_button.isVisible()
    assert "nn.Magic" not in window.code.toPlainText()


def test_a_drawing_changed_meanwhile_waits_for_the_text(window: Window, qtbot: QtBot) -> None:
    write(window, "nn.ReLU()", "nn.GELU()")
    window.document.edit("Rename", window.document.graph.rename("logits", "scores"))
    assert "nn.GELU()" in window.code.toPlainText()
    window.code_panel.drop_button.click()
    assert "self.scores = nn.Linear" in window.code.toPlainText()


def test_keys_write_as_in_an_editor(window: Window, qtbot: QtBot) -> None:
    window.code_panel.edit_button.click()
    cursor = window.code.textCursor()
    cursor.setPosition(window.code.toPlainText().index("        self.relu1"))
    cursor.movePosition(cursor.MoveOperation.EndOfLine)
    window.code.setTextCursor(cursor)
    QTest.keyClick(window.code, Qt.Key.Key_Return)
    QTest.keyClicks(window.code, "x")
    assert "\n        x\n" in window.code.toPlainText()

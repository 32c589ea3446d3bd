"""File > Import: a stranger's file needs trust, what comes out lies on the desk, a failure is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.document import Document
from app.files import Files
from app.importing import Importing
from engine.check import check
from engine.export.exported_program import answers, difference, export_program
from engine.export.style import Wishes
from engine.groups import Group
from engine.lower import lower, write
from engine.model import build
from engine.templates import new

PATIENCE = 120_000
CLOSE = 1e-5

MODULE = """
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layer = nn.Linear(4, width)

    def forward(self, x):
        return self.layer(x).relu()
"""


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Document, Importing]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = QWidget()
    qtbot.addWidget(window)
    document = Document()
    return document, Importing(document, Files(document, window, lambda: None), window)


def complaint(importing: Importing) -> str:
    window = importing.parent()
    boxes = window.findChildren(QMessageBox) if window else []
    return boxes[-1].informativeText() if boxes else ""


def test_a_file_needs_trust_before_it_runs(desk: tuple[Document, Importing], tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODULE)
    dialog = desk[1].dialog
    assert dialog.go.isEnabled()  # a model of torchvision
    dialog.kinds.setCurrentIndex(1)
    dialog.file.setText(str(path))
    dialog.name.setText("Net")
    assert not dialog.go.isEnabled()
    dialog.trust.setChecked(True)
    assert dialog.go.isEnabled()
    dialog.arguments.setText("{")
    assert not dialog.go.isEnabled()
    assert "JSON" in dialog.complaint.text()
    dialog.arguments.clear()
    dialog.file.setText(str(tmp_path / "other.py"))
    assert not dialog.trust.isChecked()


def test_the_drawing_lies_on_the_desk(desk: tuple[Document, Importing], tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODULE)
    document, importing = desk
    dialog = importing.dialog
    dialog.kinds.setCurrentIndex(1)
    dialog.file.setText(str(path))
    dialog.name.setText("Net")
    dialog.trust.setChecked(True)
    dialog.arguments.setText('{"width": 5}')
    dialog.shape.setText("4")
    with qtbot.waitSignal(importing.ended, timeout=PATIENCE) as ended:
        dialog.accept()
    assert ended.args == [True], complaint(importing)
    assert [node.block.kind() for node in document.graph.nodes.values()] == ["Input", "Linear", "ReLU", "Output"]
    before = document.graph
    dialog.name.setText("Missing")
    with qtbot.waitSignal(importing.ended, timeout=PATIENCE) as ended:
        dialog.accept()
    assert ended.args == [False]
    assert "has no Missing" in complaint(importing)
    assert document.graph is before


def test_a_file_with_weights_begins_with_them(desk: tuple[Document, Importing], tmp_path: Path, qtbot: QtBot) -> None:
    source = tmp_path / "digits.pt2"
    source.write_bytes(export_program(new("linear"), Wishes()))
    document, importing = desk
    dialog = importing.dialog
    dialog.kinds.setCurrentIndex(1)
    dialog.file.setText(str(source))
    assert dialog.go.isEnabled()
    with qtbot.waitSignal(importing.ended, timeout=PATIENCE) as ended:
        dialog.accept()
    assert ended.args == [True], complaint(importing)
    assert complaint(importing) == ""
    (group,) = [node.block for node in document.graph.nodes.values() if isinstance(node.block, Group)]
    weights = Path(group.pretrained)
    assert weights.is_file()
    assert [path.suffix for path in weights.parent.iterdir()] == [".safetensors"]
    network = build(write(lower(document.graph, check(document.graph)))).eval()
    inputs = (torch.randn(2, 1, 28, 28),)
    wanted = answers(torch.export.load(source).module(), inputs)
    assert difference(wanted, answers(network, inputs)) < CLOSE


def test_a_damaged_file_leaves_nothing_behind(desk: tuple[Document, Importing], tmp_path: Path, qtbot: QtBot) -> None:
    source = tmp_path / "damaged.pt2"
    source.write_bytes(b"no archive")
    _, importing = desk
    importing.dialog.kinds.setCurrentIndex(1)
    importing.dialog.file.setText(str(source))
    with qtbot.waitSignal(importing.ended, timeout=PATIENCE) as ended:
        importing.dialog.accept()
    assert ended.args == [False]
    assert "damaged" in complaint(importing)
    kept = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "imported"
    assert not list(kept.iterdir())

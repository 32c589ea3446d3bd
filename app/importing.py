"""File > Import: a dialog that asks for a PyTorch module, and the process that makes a drawing of it."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QStandardPaths, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.document import Document
from app.files import Files
from engine.importing.outcome import ImportFailed
from engine.importing.request import MODEL_FILES, TORCHVISION, read_request
from engine.project import SUFFIX, ProjectError, open_project

ROOT = Path(__file__).parents[1]
FILE_KINDS = f"Networks (*.py {' '.join(f'*{ending}' for ending in MODEL_FILES)})"
ENDING = "The process that makes the drawing ended early."


class Importing(QObject):
    """Asks what to import, has it made in a process of its own, and lays the result on the desk."""

    ended = Signal(bool)
    """An import is over; whether there is a new drawing."""

    def __init__(self, document: Document, files: Files, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._files, self._window = document, files, window
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._drawing: Path | None = None
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_surroundings())
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._break_off)
        self.dialog = ImportDialog(window)
        self.dialog.accepted.connect(self._begin)

    def ask(self) -> None:
        """Open the dialog."""
        if not self.running:
            self.dialog.open()

    @property
    def running(self) -> bool:
        """Whether a drawing is being made."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    def stop(self) -> None:
        """End the process; nothing is imported."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(1000)

    def _begin(self) -> None:
        if not self._files.may_leave():
            return
        self._folder = tempfile.TemporaryDirectory(prefix="layerloom-import-")
        try:
            self._drawing = self._kept_drawing() if self.dialog.holds_network() else self._passing_drawing()
        except OSError as error:
            self._fail(f"The weights cannot be kept in {error.filename}: {error.strerror}.")
            return
        self._start()

    def _start(self) -> None:
        words = ["import", *self.dialog.words(), "-o", str(self._made()), "--yes"]
        if self.dialog.holds_network():
            words += ["--weights", str(self._weights())]
        self._process.setProgram(sys.executable)
        self._process.setArguments(words if getattr(sys, "frozen", False) else ["-m", "app", *words])
        self._files.said.emit(f"Importing {self.dialog.spec()} …")
        self._process.start()

    def _made(self) -> Path:
        assert self._drawing is not None
        return self._drawing

    def _passing_drawing(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / f"imported{SUFFIX}"

    def _kept_drawing(self) -> Path:
        """Where the drawing of a file with weights is made: beside them, in the program's own folder."""
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "imported"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{Path(self.dialog.spec()).stem} {datetime.now():%Y-%m-%d %H.%M.%S}{SUFFIX}"

    def _weights(self) -> Path:
        """Where the weights of a file are written; the drawing's one group begins with them."""
        return self._made().with_suffix(".safetensors")

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        said, complaints = _lines(self._process.readAllStandardOutput()), _lines(self._process.readAllStandardError())
        if code or status is not QProcess.ExitStatus.NormalExit:
            self._fail(complaints[-1] if complaints else ENDING)
            return
        try:
            project = open_project(self._made())
        except ProjectError as error:
            self._fail(str(error))
            return
        weights = self._weights()
        self._tidy()
        self._document.start(project)
        self._files.opened.emit()
        notes = [line.strip() for line in said if line.startswith("  ")]
        self._files.said.emit(_welcome(project.title, weights))
        if notes:
            many = "1 note" if len(notes) == 1 else f"{len(notes)} notes"
            self._tell(f"{project.title} is imported, with {many}", "What differs:", "\n".join(notes))
        self.ended.emit(True)

    def _break_off(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:  # after any other error it still finishes
            self._fail(f"The process that makes the drawing cannot start: {self._process.errorString()}.")

    def _fail(self, text: str) -> None:
        if self._drawing:
            self._weights().unlink(missing_ok=True)
        self._tidy()
        self._tell("Nothing was imported", text)
        self.ended.emit(False)

    def _tidy(self) -> None:
        if self._drawing:
            self._drawing.unlink(missing_ok=True)
            self._drawing = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _tell(self, title: str, text: str, details: str = "") -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, title, parent=self._window)
        box.setInformativeText(text)
        box.setDetailedText(details)
        box.addButton("Close", QMessageBox.ButtonRole.RejectRole)
        box.open()


class ImportDialog(QDialog):
    """Which module, made with what, for examples of which size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import a PyTorch module")
        self.model, self.file, self.name = QLineEdit("resnet18"), QLineEdit(), QLineEdit()
        self.arguments, self.shape = QLineEdit(), QLineEdit()
        self.trust = QCheckBox("Run this file on my computer; I trust what it does")
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        self.kinds = QTabWidget()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out()
        for field in (self.model, self.file, self.name, self.arguments, self.shape):
            field.textChanged.connect(self._judge)
        self.file.textChanged.connect(lambda: self.trust.setChecked(False))
        self.trust.toggled.connect(self._judge)
        self.kinds.currentChanged.connect(self._judge)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._judge()

    def spec(self) -> str:
        """What is to be imported, as the command line names it."""
        if self.kinds.currentIndex() == 0:
            return f"{TORCHVISION}:{self.model.text().strip()}"
        file = self.file.text().strip()
        return file if self.holds_network() else f"{file}:{self.name.text().strip()}"

    def holds_network(self) -> bool:
        """Whether the file holds a network by itself, without code."""
        return Path(self.file.text().strip()).suffix in MODEL_FILES

    def words(self) -> list[str]:
        """The request in the words of the command line."""
        words = [self.spec()]
        if arguments := self.arguments.text().strip():
            words += ["--args", arguments]
        for shape in self._shapes():
            words += ["--shape", shape]
        return words

    def _shapes(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.shape.text().split(";") if part.strip())

    def _lay_out(self) -> None:
        known, own, both = QWidget(), QWidget(), QFormLayout()
        known_form, own_form = QFormLayout(known), QFormLayout(own)
        self.model.setPlaceholderText("resnet18, vit_b_16, mobilenet_v3_small …")
        known_form.addRow("Model", self.model)
        browse, row = QPushButton("Browse…"), QHBoxLayout()
        browse.clicked.connect(self._browse)
        row.addWidget(self.file)
        row.addWidget(browse)
        self.name.setPlaceholderText("Net")
        own_form.addRow("File", row)
        own_form.addRow("Class", self.name)
        own_form.addRow(self.trust)
        self.kinds.addTab(known, "From torchvision")
        self.kinds.addTab(own, "From a file")
        self.arguments.setPlaceholderText('{"num_classes": 10}')
        self.shape.setPlaceholderText("3,224,224   or ids:12   several inputs: 3,32,32; 10")
        both.addRow("Made with (JSON)", self.arguments)
        both.addRow("Size of one example", self.shape)
        column = QVBoxLayout(self)
        column.addWidget(self.kinds)
        column.addLayout(both)
        column.addWidget(self.complaint)
        column.addWidget(self.buttons)

    def _browse(self) -> None:
        name = QFileDialog.getOpenFileName(self, "File with the network", "", FILE_KINDS)[0]
        if name:
            self.file.setText(name)

    def _judge(self) -> None:
        """Let the import begin only when the request can be read and a stranger's file is trusted."""
        for field in (self.name, self.trust):
            field.setEnabled(not self.holds_network())
        try:
            request = read_request(self.spec(), self.arguments.text().strip(), self._shapes())
        except ImportFailed as error:
            begun = self.kinds.currentIndex() == 0 or bool(
                self.file.text() and (self.name.text() or self.holds_network())
            )
            self.complaint.setText(str(error) if begun else "")
            self.go.setEnabled(False)
            return
        self.complaint.setText("")
        self.go.setEnabled(not request.needs_consent or self.trust.isChecked())


def _welcome(title: str, weights: Path) -> str:
    if weights.is_file():
        return f"{title} is imported; it begins with the weights of its file, kept as {weights.name}."
    return f"{title} is imported."


def _lines(data: object) -> list[str]:
    return bytes(data.data()).decode("utf-8", "replace").splitlines() if hasattr(data, "data") else []


def _surroundings() -> QProcessEnvironment:
    """This process's environment, in which Python finds the program and writes as we read."""
    found = QProcessEnvironment.systemEnvironment()
    known = found.value("PYTHONPATH", "")
    found.insert("PYTHONPATH", f"{ROOT}{os.pathsep}{known}" if known else str(ROOT))
    found.insert("PYTHONIOENCODING", "utf-8")
    return found

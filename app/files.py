"""New, open, save, export: the commands about files, with the questions that they ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.document import Document
from app.exports import Exports
from app.preferences import recent_files, remember_recent
from engine.project import SUFFIX, Project, ProjectError, write_atomically
from engine.templates import new

DRAWINGS = f"Layerloom drawings (*{SUFFIX})"


class Files(QObject):
    """Opens and saves the document. Every failure is said in a sentence and changes nothing."""

    opened = Signal()
    """Another project lies on the desk."""

    said = Signal(str)
    """Something worth a short notice happened."""

    def __init__(self, document: Document, window: QWidget, weights: Callable[[], Path | None]) -> None:
        super().__init__(window)
        self._document, self._window, self._weights = document, window, weights
        self.choose_open: Callable[[], str] = self._ask_open
        self.choose_save: Callable[[str, str, str], str] = self._ask_save
        self.ask_unsaved: Callable[[], str] = self._ask_unsaved
        """How the person is asked; tests answer in their place."""
        self.exports = Exports(document, lambda *question: self.choose_save(*question), weights)
        self.exports.said.connect(self.said)
        self.exports.failed.connect(self._complain)

    def new_network(self) -> None:
        """An empty drawing, after asking about unsaved changes."""
        if self.may_leave():
            self._document.start(Project())
            self.opened.emit()

    def open_template(self, key: str) -> None:
        """A drawing that trains at once."""
        if self.may_leave():
            self._document.start(new(key))
            self.opened.emit()

    def open_file(self) -> None:
        """Ask for a file and open it."""
        if self.may_leave() and (name := self.choose_open()):
            self.open_path(Path(name))

    def open_recent(self, path: Path) -> None:
        """Open a file from the list of recent ones."""
        if self.may_leave():
            self.open_path(path)

    def open_path(self, path: Path) -> bool:
        """Open this file; False, with a sentence and everything as it was, if it cannot be."""
        try:
            self._document.open(path)
        except ProjectError as error:
            self._complain("This file cannot be opened", str(error))
            return False
        remember_recent(path, recent_files())
        self.opened.emit()
        return True

    def save(self) -> bool:
        """Save where it was opened from, or ask."""
        return self._save_to(self._document.path) if self._document.path else self.save_as()

    def save_as(self) -> bool:
        """Ask where to save."""
        name = self.choose_save("Save drawing", f"{self._document.project.title}{SUFFIX}", DRAWINGS)
        return bool(name) and self._save_to(Path(name))

    def save_weights(self) -> None:
        """Copy what the last run has learned to a file of the person's choice."""
        weights = self._weights()
        if weights is None:
            return
        kinds = "Weights (*.safetensors)"
        name = self.choose_save("Save weights", f"{self._document.project.title}.safetensors", kinds)
        if not name:
            return
        try:
            write_atomically(Path(name), weights.read_bytes())
        except (OSError, ProjectError) as error:
            self._complain("The weights are not saved", str(error))
            return
        self.said.emit(f"Saved {Path(name).name}. Load it with safetensors.torch.load_file.")

    def may_leave(self) -> bool:
        """Whether the open drawing may go: saved, or the person said so."""
        if self._document.saved:
            return True
        answer = self.ask_unsaved()
        return self.save() if answer == "save" else answer == "discard"

    def _save_to(self, path: Path) -> bool:
        try:
            self._document.save(path)
        except ProjectError as error:
            self._complain("The drawing is not saved", str(error))
            return False
        assert self._document.path is not None
        remember_recent(self._document.path, recent_files())
        self.said.emit(f"Saved {self._document.path.name}")
        return True

    def _complain(self, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, title, parent=self._window)
        box.setInformativeText(text)
        box.addButton("Close", QMessageBox.ButtonRole.RejectRole)
        box.open()

    def _ask_open(self) -> str:
        return QFileDialog.getOpenFileName(self._window, "Open drawing", self._folder(), DRAWINGS)[0]

    def _ask_save(self, title: str, name: str, kinds: str) -> str:
        return QFileDialog.getSaveFileName(self._window, title, str(Path(self._folder()) / name), kinds)[0]

    def _folder(self) -> str:
        return str(self._document.path.parent if self._document.path else Path.home())

    def _ask_unsaved(self) -> str:
        title = f"Save {self._document.project.title} first?"
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Unsaved changes", title, parent=self._window)
        box.setInformativeText("The drawing has changes that are not saved yet.")
        save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        clicked = box.clickedButton()
        return "save" if clicked is save else "discard" if clicked is discard else "cancel"

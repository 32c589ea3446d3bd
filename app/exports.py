"""File > Export: each style of export as a command of the window."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, Signal

from app.document import Document
from app.export_content import content_of, files_of, write_content
from engine.check import check
from engine.cost.weights_size import weights_size
from engine.export import EXPORTS
from engine.export.style import CannotExport, Style, Wishes
from engine.export.weights import origin
from engine.lower import NotReady
from engine.project import Project, ProjectError, save_project
from widgets.theme import current

ROOT = Path(__file__).parents[1]
"""Where another Python finds this program."""


class Exports(QObject):
    """Asks where to and writes. Each style is an attribute: `exports.onnx()`.

    What needs PyTorch is written by the program's own command line in a process of its own, so that the window
    neither loads PyTorch nor waits.
    """

    said = Signal(str)
    failed = Signal(str, str)
    """What did not happen, and why, in sentences."""

    def __init__(
        self, document: Document, choose: Callable[[str, str, str], str], weights: Callable[[], Path | None]
    ) -> None:
        super().__init__(document)
        self._document, self._choose, self._weights = document, choose, weights
        self.running: list[Export] = []
        for style in EXPORTS.values():
            setattr(self, style.name, partial(self.export, style))
        application = QCoreApplication.instance()
        assert application is not None
        application.aboutToQuit.connect(self.stop)

    def export(self, style: Style) -> None:
        """Take the drawing along in this style. Every failure is said in a sentence."""
        project = self._document.project
        try:
            if not style.needs_torch:
                self._write(style, project)
            elif path := self._ask(style, project):
                self._start(style, project, path)
        except (NotReady, CannotExport, ProjectError, OSError) as error:
            self._fail(style, str(error))

    def stop(self) -> None:
        """End what is under way."""
        for export in tuple(self.running):
            export.kill()

    def _write(self, style: Style, project: Project) -> None:
        """Here and now; a drawing that cannot be exported is told before anybody is asked for a name.

        Where files go along, which may be large, another process copies them.
        """
        content, files = content_of(style, project, Wishes(theme=current().name)), files_of(style, project)
        if not (path := self._ask(style, project)):
            return
        if files:
            self._start(style, project, path)
        else:
            write_content(path, content)
            self.said.emit(f"Exported {path.name}.")

    def _start(self, style: Style, project: Project, path: Path) -> None:
        wishes = Wishes(_fitting(self._weights(), project))
        export = Export(style, project, wishes, path, self)
        export.ended.connect(self._take)
        self.running.append(export)
        self.said.emit(f"Exporting {path.name}…")
        export.begin()

    def _take(self, export: Export, complaint: str) -> None:
        self.running.remove(export)
        if complaint:
            self._fail(export.style, complaint)
        else:
            self.said.emit(f"Exported {export.path.name}. {export.note}")
        export.deleteLater()

    def _ask(self, style: Style, project: Project) -> Path | None:
        stem = "".join(c if c.isalnum() else "_" for c in project.title) or "network"
        name = self._choose(f"Export: {style.title}", f"{stem}{style.suffix}", style.file_kinds)
        if not name:
            return None
        whole = Path(name) if Path(name).suffix else Path(name).with_suffix(style.suffix)
        return Path(name) if whole.exists() else whole  # nobody was asked about replacing that one

    def _fail(self, style: Style, text: str) -> None:
        self.failed.emit(f"Not exported: {style.title}", text)


class Export(QObject):
    """One export in a process of its own."""

    ended = Signal(object, str)
    """Itself, and why it failed, or nothing."""

    def __init__(self, style: Style, project: Project, wishes: Wishes, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.style, self.path = style, path
        self.note = _note(style, project, wishes)
        self._folder = Path(tempfile.mkdtemp(prefix="layerloom-export-"))
        drawing = self._folder / "drawing.loom"
        save_project(drawing, project)
        words = ["export", str(drawing), "--to", style.name, "-o", str(path.absolute())]
        if wishes.weights and style.takes_weights:
            words += ["--weights", str(wishes.weights.absolute())]
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_surroundings())
        self._process.setProgram(sys.executable)
        self._process.setArguments(words if getattr(sys, "frozen", False) else ["-m", "app", *words])
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._break_off)

    def begin(self) -> None:
        """Start; returns at once."""
        self._process.start()

    def kill(self) -> None:
        """End at once; nothing is written."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(1000)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        words = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
        fine = code == 0 and status is QProcess.ExitStatus.NormalExit
        self._end("" if fine else words[-1] if words else "The process that writes it ended early.")

    def _break_off(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:  # after any other error it still finishes
            self._end(f"The process that writes it cannot start: {self._process.errorString()}.")

    def _end(self, complaint: str) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self.ended.emit(self, complaint)


def _note(style: Style, project: Project, wishes: Wishes) -> str:
    if files := files_of(style, project):
        return f"It begins with the weights in {' and '.join(files)}, which lies with it."
    return f"Its weights are {origin(project, wishes)}." if style.takes_weights else ""


def _fitting(weights: Path | None, project: Project) -> Path | None:
    """The weights of the last run, unless the drawing has changed since: then their file is of another size."""
    if weights is None or not weights.is_file():
        return None
    report = check(project.graph)
    return weights if weights.stat().st_size == weights_size(project.graph, report.blocks) else None


def _surroundings() -> QProcessEnvironment:
    """This process's environment, in which Python finds the program and writes as we read."""
    found = QProcessEnvironment.systemEnvironment()
    known = found.value("PYTHONPATH", "")
    found.insert("PYTHONPATH", f"{ROOT}{os.pathsep}{known}" if known else str(ROOT))
    found.insert("PYTHONIOENCODING", "utf-8")
    return found

"""Data of the user: chosen in a dialog, looked at beside the window, taken into the recipe as one undo step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.document import Document
from engine.fitting import fitted
from engine.own_data import BadParts, DataProblem, Scan, kind_for, scan
from engine.recipes.data_sets import OwnData
from engine.recipes.recipe import Recipe

KINDS = {
    "table": "Tables (*.csv *.tsv *.txt *.tab *.data)",
    "array": "NumPy files (*.npz *.npy)",
}
Choose = Callable[[str], str]
"""Asks for a folder or a file, by the kind that was wished for; nothing where somebody thinks better of it."""


class _Scanning(QRunnable):
    """Reads everything once, which takes as long as the disk does."""

    def __init__(self, path: Path, choices: OwnData | None, told: _Answer) -> None:
        super().__init__()
        self._path, self._choices, self._told = path, choices, told

    def run(self) -> None:
        """Called by the pool."""
        try:
            self._told.ready.emit(scan(self._path, self._choices))
        except DataProblem as error:
            self._told.ready.emit(error)


class _Answer(QObject):
    ready = Signal(object)


class OwnDataChoosing(QObject):
    """Between dialogs, files and the recipe."""

    said = Signal(str)
    told = Signal(tuple)
    """What a look at the files found, in sentences."""

    def __init__(self, document: Document, change: Callable[[Recipe], None], window: QWidget) -> None:
        """`change` takes over a recipe that somebody made in its form."""
        super().__init__(window)
        self._document, self._change, self._window = document, change, window
        self._answer = _Answer(self)
        self._answer.ready.connect(self._take)
        self._around: Recipe | None = None
        self._looked_at: tuple[Path, OwnData | None] = Path(), None
        self.choose: Choose = self._ask
        self.busy = False
        """Whether files are being looked at."""

    def open(self, kind: str) -> None:
        """Ask for a folder, a table or an array, and look at it."""
        name = self.choose(kind)
        if name and not self.busy:
            self._look(Path(name), None, self._document.project.recipe)

    def take_recipe(self, recipe: Recipe) -> None:
        """Take over a recipe that was changed in its form; own data with other choices are looked at again first."""
        before = self._document.project.recipe.data
        data = recipe.data
        changed = isinstance(data, OwnData) and isinstance(before, OwnData) and data.forgotten() != before.forgotten()
        if isinstance(data, OwnData) and data.path and (changed or not data.is_known):
            if not self.busy:
                self._look(Path(data.path), data, recipe)
            return
        self._change(recipe)

    def fit(self) -> None:
        """Let the data decide the Input's size, the loss and the width of the last block: one undo step."""
        project = self._document.project
        graph, recipe = fitted(project.graph, project.recipe)
        if (graph, recipe) == (project.graph, project.recipe):
            fine = f"The drawing suits {recipe.data.title} already."
            self.said.emit(fine if self._document.report.ok else "This cannot be fitted by itself: see Problems.")
            return
        self._document.edit_all(f"Fit the drawing to {recipe.data.title}", graph, recipe)
        self.said.emit(f"The drawing suits {recipe.data.title} now. Ctrl+Z takes it back.")

    def _look(self, path: Path, choices: OwnData | None, recipe: Recipe) -> None:
        self.busy, self._around, self._looked_at = True, recipe, (path, choices)
        self.said.emit(f"Looking at {path.name}…")
        QThreadPool.globalInstance().start(_Scanning(path, choices, self._answer))

    def _take(self, result: object) -> None:
        """The files were read: take their data into the recipe, or say what is wrong with them."""
        recipe, self.busy, self._around = self._around, False, None
        if isinstance(result, DataProblem):
            self.said.emit(str(result))
            self.told.emit((str(result),))
            if isinstance(result, BadParts) and recipe is not None:
                self._offer_the_rest(result, recipe)
        elif isinstance(result, Scan) and recipe is not None:
            self._document.edit(f"Use {Path(result.data_set.path).name}", recipe.changed(data=result.data_set))
            self.told.emit(result.findings.sentences())
            self.said.emit(result.findings.sentences()[0])

    def _offer_the_rest(self, problem: BadParts, recipe: Recipe) -> None:
        """What is bad can be left out at once; nobody has to know the setting for it."""
        path, choices = self._looked_at
        title = f"Not all of {path.name} can be used"
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, title, parent=self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setInformativeText(problem.found)
        rest = box.addButton("Use the rest", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(rest)
        rest.clicked.connect(lambda: self._look(path, (choices or kind_for(path)()).changed(when_bad="skip"), recipe))
        box.open()

    def _ask(self, kind: str) -> str:
        if kind == "folder":
            return QFileDialog.getExistingDirectory(self._window, "A folder with one folder of pictures for each class")
        return QFileDialog.getOpenFileName(self._window, "Your data", "", KINDS[kind])[0]

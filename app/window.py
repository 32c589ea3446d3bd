"""The window: builds the pieces, connects their signals, and knows nothing else."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenuBar, QStackedWidget, QVBoxLayout, QWidget

from app.actions import allow_letters, build_actions, enable, fill_menus, mark_colours
from app.appearance import Appearance
from app.code_editing import CodeEditing
from app.context_menu import open_menu
from app.dialogs import show_about, show_keys
from app.document import Document
from app.editing import Editing
from app.files import Files
from app.header import Header
from app.importing import Importing
from app.level import Level
from app.own_blocks import OwnBlocks
from app.own_data import OwnDataChoosing
from app.panels import WIDE, Panels, Rail
from app.possible import states
from app.runner import Runner
from app.runs import Runs
from app.session import Session
from app.showing import Pieces, Showing
from app.start import recent_rows, template_cards
from app.status import Status
from app.structure import Structure
from app.tidying import Tidying
from app.view_saving import ViewSaving
from app.views import VIEWS
from app.wiring import connect
from widgets.canvas import Canvas
from widgets.code_panel import CodePanel
from widgets.code_view import CodeView
from widgets.icons import window_icon
from widgets.inspector import Inspector
from widgets.offers import with_own
from widgets.palette import Palette
from widgets.problem_list import ProblemList
from widgets.run_strip import RunStrip
from widgets.search_popup import SearchPopup
from widgets.start_page import StartPage
from widgets.training_bar import TrainingBar
from widgets.views.base import View
from widgets.views.loss import LossView
from widgets.views.runs import RunsView


class Window(QMainWindow):
    """One drawing, everything around it, and the training process behind it."""

    def __init__(self, appearance: Appearance, runner: Runner) -> None:
        super().__init__()
        self.appearance = appearance
        self.document = Document(parent=self)
        self.canvas, self.palette_view, self.inspector = Canvas(), Palette(), Inspector()
        self.code, self.problems, self.search = CodeView(), ProblemList(), SearchPopup(self)
        self.code_panel = CodePanel(self.code)
        self.start, self.run_strip, self.training_bar = StartPage(), RunStrip(), TrainingBar()
        self.views: dict[str, View] = {kind.key: kind() for kind in VIEWS}
        self.files = Files(self.document, self, self._weights)
        self.importing = Importing(self.document, self.files, self)
        self.level, self.own_blocks = Level(self.document), OwnBlocks(self)
        self.editing = Editing(self.document, self.level, self.canvas, self.search)
        self.structure = Structure(self.level, self.canvas)
        views = tuple(self.views.values())
        self.session = Session(self.document, self.level, runner, views, self.run_strip, self.training_bar, self.canvas)
        self.view_saving = ViewSaving(views, self)
        self.own_data = OwnDataChoosing(self.document, self.editing.change_recipe, self)
        self.status = Status()
        self.runs = self._runs()
        self.showing = self._show_parts()
        self.tidying = Tidying(self.level, self.canvas)
        self.code_editing = CodeEditing(self.document, self.level, self.code_panel)
        self._made_room = False
        self._build()
        connect(self)
        self.follow_preferences()
        self.start.show_templates(template_cards())
        self.resize(1366, 768)
        self.panels.reset(self.width())
        self.show_start()

    def _build(self) -> None:
        self.setWindowIcon(window_icon())
        self.actions_by_key = build_actions(self, self.run)
        menus = QMenuBar()
        fill_menus(menus, self.actions_by_key)["View"].aboutToShow.connect(self._mark_colours)
        self.header = Header(menus, self.actions_by_key["insert"], self.training_bar)
        self.setMenuWidget(self.header)
        contents: dict[str, QWidget] = {
            "blocks": self.palette_view,
            "block": self.inspector,
            "code": self.code_panel,
            "problems": self.problems,
            **self.views,
        }
        self.panels = Panels(self, contents)
        self.rail = Rail(self.panels, self)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.pages.addWidget(self._desk())
        self.setCentralWidget(self.pages)
        self.setStatusBar(self.status)

    def _runs(self) -> Runs:
        view, loss = self.views[RunsView.key], self.views[LossView.key]
        assert isinstance(view, RunsView) and isinstance(loss, LossView)
        return Runs(self.document, self.session, view, loss, self)

    def _show_parts(self) -> Showing:
        views = tuple(self.views.values())
        pieces = Pieces(
            self.canvas, self.inspector, self.code_panel, self.problems, self.status, self.training_bar, views
        )
        return Showing(self.document, self.level, self.session, pieces)

    def _desk(self) -> QWidget:
        """The canvas, and under it how far the run is."""
        desk = self.desk = QWidget()
        column = QVBoxLayout(desk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.run_strip)
        return desk

    def show_offers(self) -> None:
        """Everything that can be put into a drawing, where it can be chosen."""
        offers = with_own(self.own_blocks.groups)
        for view in (self.palette_view, self.search, self.canvas.dropping, self.editing):
            view.offers = offers

    def run(self, method: str) -> None:
        """Do what a command of the table names: `save` of the window, `files.save` of one of its parts."""
        attrgetter(method)(self)()

    def show_start(self) -> None:
        """The start page; what is on the desk stays there."""
        self.start.show_back(bool(self.document.graph.nodes) or self.document.path is not None)
        self.start.show_recent(recent_rows())
        self._show_page(self.start)
        self.start.setFocus()

    def show_drawing(self) -> None:
        """The canvas with what was just opened, all of it in view."""
        self.showing.forget_places()
        self.return_to_drawing()
        self.canvas.fit()
        self.session.clear()
        self.runs.show_project()

    def return_to_drawing(self) -> None:
        """From the start page back to what lies on the desk, as it was."""
        self._show_page(self.desk)
        self.canvas.setFocus()

    def _show_page(self, page: QWidget) -> None:
        drawing = page is self.desk
        self.pages.setCurrentWidget(page)
        self.panels.show_all(drawing)
        self.rail.bar.setVisible(drawing)
        self.header.show_document(drawing)
        self.status.setVisible(drawing)
        self.show_states()

    def count_problems(self, errors: int, warnings: int) -> None:
        """The panel of problems says how many there are."""
        count = errors + warnings
        self.panels.rename("problems", f"Problems  {count}" if count else "Problems")

    def show_file(self) -> None:
        """Name of the file and whether it is saved, in header and title."""
        path, saved = self.document.path, self.document.saved
        name = path.name if path else f"{self.document.project.title}"
        self.header.show_file(name, saved, path is not None)
        self.setWindowTitle(f"{name}{'' if saved else ' •'} - Layerloom")

    def show_states(self) -> None:
        """Which commands are possible now, and whether the run is of another drawing."""
        self.training_bar.set_changed(self.session.running and self.showing.source != self.session.source)
        self.problems.set_running(self.session.running)
        enable(self.actions_by_key, states(self))

    def _weights(self) -> Path | None:
        return self.session.weights

    def follow_preferences(self) -> None:
        """Keys that are one letter may be switched off."""
        letters = self.appearance.preferences.single_letter_keys
        allow_letters(self.actions_by_key, letters)
        self.canvas.keys.letters = letters

    def go_to_problems(self) -> None:
        """Bring the problems to the front and go to the next one."""
        self.bring("problems")
        self.editing.next_problem()

    def show_training(self) -> None:
        """The views come to the front; in a small window the palette makes room the first time."""
        self.bring("loss")
        if self.width() < WIDE and not self._made_room:
            whole = self.canvas.shows_all()
            self._made_room = True
            self.panels.fold("blocks")
            self.panels.make_high()
            if whole:
                QTimer.singleShot(0, self.canvas, self.canvas.fit_live)

    def _mark_colours(self) -> None:
        mark_colours(self.actions_by_key, self.canvas.drawing.colours.measure)

    def open_menu(self, place: str, screen: QPoint, scene: QPointF, wire: object) -> None:
        """The menu under the right button."""
        canvas = self.canvas
        open_menu(self, self.actions_by_key, place, screen, lambda: canvas.search_requested.emit(screen, scene, wire))

    def bring(self, key: str) -> None:
        """Show a panel and put it in front."""
        self.panels.bring(key)

    def search_blocks(self) -> None:
        """Put the caret into the palette's search field."""
        self.bring("blocks")
        self.palette_view.focus_search()

    def open_recipe(self) -> None:
        """Open the recipe under its button."""
        self.training_bar.open_recipe()

    def canvas_only(self) -> None:
        """Hide every panel, or show them again."""
        self.panels.show_all(all(dock.isHidden() for dock in self.panels.docks.values()))
        self.canvas.setFocus()

    def full_screen(self) -> None:
        """Fill the screen, or go back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def reset_layout(self) -> None:
        """All panels where they lay at first."""
        self.panels.reset(self.width())
        if self._made_room:
            self.panels.make_high()
        self._show_page(self.desk if self.pages.currentWidget() is self.desk else self.start)

    def show_keys(self) -> None:
        """The list of keys, read from the table of commands."""
        show_keys(self)

    def show_about(self) -> None:
        """Versions and licences."""
        show_about(self)

    def show_preferences(self) -> None:
        """The settings of the program."""
        self.appearance.open_dialog(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes and a run in progress, then end the training process."""
        if not (self.session.may_close() and self.files.may_leave()):
            event.ignore()
            return
        self.session.shutdown()
        self.importing.stop()
        event.accept()

"""Everything that is wrong with the drawing: one row for each problem, its first repair as a button."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.check import Report
from engine.graph import Graph
from engine.problems import Problem
from widgets.icons import pixmap
from widgets.problem_row import ProblemRow
from widgets.theme import set_kind, themes

MOST_ROWS = 30
"""More rows than this are only counted: mending the first ones usually mends many others."""
PATIENCE_MS = 60
"""How long after an edit the repairs of the rows in view are worked out; while typing, not at every key."""
ORDER = ("error", "warning", "hint")
ALL_WELL, RUNNING, NOTHING = "No problems. Press Train.", "No problems.", "Nothing is drawn yet."


class ProblemList(QScrollArea):
    """Rows can be walked with the arrow keys; Enter goes to the block, the button repairs."""

    block_selected = Signal(str)
    fix_chosen = Signal(object)
    counts_changed = Signal(int, int)

    def __init__(self) -> None:
        """Show that nothing is drawn."""
        super().__init__()
        self.errors = 0
        self.warnings = 0
        self.rows: list[ProblemRow] = []
        self._lit: frozenset[str] = frozenset()
        self._running = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Problems")
        self._column_widget = QWidget()
        self._column = QVBoxLayout(self._column_widget)
        self._column.setContentsMargins(0, 4, 0, 8)
        self._column.setSpacing(0)
        self.note = Note()
        self._column.addWidget(self.note)
        self._column.addStretch(1)
        self.setWidget(self._column_widget)
        self._later = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._later.timeout.connect(self.offer_repairs)
        self.verticalScrollBar().valueChanged.connect(self._later.start)
        themes().changed.connect(self._restyle)
        self._restyle()
        self.show_report(Graph(), Report())

    def show_report(self, graph: Graph, report: Report, outside: int = 0) -> None:
        """Show a drawing's problems; `outside` counts others. Rows that stay the same keep focus and place."""
        problems = sorted(report.problems, key=lambda problem: ORDER.index(problem.level))
        self._show_rows(graph, problems[:MOST_ROWS])
        self._show_note(graph, report, len(problems) - MOST_ROWS, outside)
        counts = len(report.errors), sum(problem.level == "warning" for problem in problems)
        if counts != (self.errors, self.warnings):
            self.errors, self.warnings = counts
            self.counts_changed.emit(*counts)
        self._later.start()

    def set_running(self, running: bool) -> None:
        """While it trains nobody is told to press Train."""
        self._running = running
        if self.note.text() in (ALL_WELL, RUNNING):
            self.note.show_text(RUNNING if running else ALL_WELL, "circle-check")

    def light_up(self, names: Iterable[str]) -> None:
        """Tint the rows of these blocks."""
        self._lit = frozenset(names)
        for row in self.rows:
            row.set_lit(row.problem.block in self._lit)

    def offer_repairs(self) -> None:
        """Work out the repairs of the rows in view. Each takes some trying, so rows out of view wait."""
        self._later.stop()
        for row in self.rows:
            if not row.visibleRegion().isEmpty():
                row.offer_repair()

    def showEvent(self, event: QShowEvent) -> None:
        """Coming into view is a reason to work out repairs."""
        super().showEvent(event)
        self._later.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room shows more rows."""
        super().resizeEvent(event)
        self._later.start()

    def _show_rows(self, graph: Graph, problems: Sequence[Problem]) -> None:
        for row, problem in zip(self.rows, problems, strict=False):
            row.show_problem(graph, problem)
        while len(self.rows) > len(problems):
            gone = self.rows.pop()
            gone.hide()
            self._column.removeWidget(gone)
            gone.deleteLater()
        for problem in problems[len(self.rows) :]:
            row = ProblemRow()
            row.show_problem(graph, problem)
            row.selected.connect(self.block_selected)
            row.fix_chosen.connect(self.fix_chosen)
            row.stepped.connect(self._step)
            self._column.insertWidget(len(self.rows), row)
            self.rows.append(row)
            row.show()  # at once, so that it can take the focus
        self.light_up(self._lit)

    def _show_note(self, graph: Graph, report: Report, unlisted: int, outside: int) -> None:
        """The line below the rows: what waits for a repair, or that all is well."""
        if outside:
            count = f"{outside} problem{'s lie' if outside > 1 else ' lies'}"
            self.note.show_text(f"{count} outside of this group. F8 leads there.", "info-circle")
            return
        if not report.problems:
            well = RUNNING if self._running else ALL_WELL
            self.note.show_text(well if graph.nodes else NOTHING, "circle-check" if graph.nodes else "info-circle")
            return
        lines = [f"{unlisted} more problems are not listed."] if unlisted > 0 else []
        lines += [waiting] if (waiting := waiting_text(graph, report)) else []
        self.note.show_text(" ".join(lines), "info-circle")

    def _step(self, row: ProblemRow, steps: int) -> None:
        """Move the focus to a neighbour of a row."""
        index = min(max(self.rows.index(row) + steps, 0), len(self.rows) - 1)
        self.rows[index].setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(self.rows[index])

    def _restyle(self) -> None:
        theme = themes().current
        hover, lit, focus, line = (theme.colour(c).name() for c in ("hover", "accent-soft", "focus", "line"))
        row = "#problem-row"
        self._column_widget.setStyleSheet(
            f"{row} {{ background: transparent; border: 1px solid transparent; border-bottom-color: {line}; }}"
            f"{row}:hover {{ background: {hover}; }}"
            f'{row}[kind="lit"] {{ background: {lit}; }}'
            f"{row}:focus {{ border: 1px solid {focus}; }}"
        )


class Note(QFrame):
    """One quiet line with an icon."""

    def __init__(self) -> None:
        """Empty until a text is shown."""
        super().__init__()
        self._icon_name = "info-circle"
        self._icon, self._text = QLabel(), QLabel()
        set_kind(self._text, "muted")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        themes().changed.connect(self._restyle)

    def show_text(self, text: str, icon_name: str) -> None:
        """Show a line, or nothing for an empty text."""
        self._icon_name = icon_name
        self._text.setText(text)
        self.setVisible(bool(text))
        self._restyle()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def _restyle(self) -> None:
        well = self._icon_name == "circle-check"
        self._icon.setPixmap(pixmap(self._icon_name, "ok" if well else "text-muted", 16, filled=well))


def waiting_text(graph: Graph, report: Report) -> str:
    """How many blocks have no shape because of a problem before them: "3 blocks after add have no shape yet"."""
    faulty = list(dict.fromkeys(problem.block for problem in report.errors if problem.block not in report.blocks))
    count = sum(name not in report.blocks and name not in faulty for name in graph.nodes)
    if not count:
        return ""
    where = f" after {faulty[0]}" if len(faulty) == 1 else ""
    if count == 1:
        return f"1 block{where} has no shape yet. It is waiting for the fix above."
    return f"{count} blocks{where} have no shape yet. They are waiting for the fix above."

"""The status bar: problems, blocks, parameters, a hint, and where training computes."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar

from engine.check import Report
from engine.cost.memory_guard import need_of
from engine.graph import Graph
from engine.recipes.recipe import Recipe
from widgets.elided_label import ElidedLabel
from widgets.icons import pixmap
from widgets.theme import set_kind, themes
from widgets.value_text import size_text

NOTICE_MS = 6000


class Status(QStatusBar):
    """26 px at the foot of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._mark, self._problems, self._blocks, self._device = (QLabel() for _ in range(4))
        self._cost, self._hint = ElidedLabel(), ElidedLabel()
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for label in (self._mark, self._problems, self._blocks, self._cost):
            self.addWidget(label)
        self.addWidget(self._hint, 1)
        self.addPermanentWidget(self._device)
        self._clear = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._clear.timeout.connect(lambda: self._hint.clear())
        self._counts = 0, 0
        set_kind(self._hint, "muted")
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_report(self, graph: Graph, report: Report, recipe: Recipe) -> None:
        """Counts of the drawing, and the memory that training it with a recipe needs."""
        errors, warnings = len(report.errors), sum(problem.level == "warning" for problem in report.problems)
        self._counts = errors, warnings
        parts = [_counted(errors, "problem")] if errors else []
        parts += [_counted(warnings, "warning")] if warnings else []
        self._problems.setText(" · ".join(parts) or "No problems")
        self._blocks.setText(_counted(len(graph.nodes), "block"))
        so_far = " so far" if len(report.blocks) < len(graph.nodes) else ""
        memory = size_text(need_of(graph, report, recipe).total)
        self._cost.setText(
            f"{report.parameters:,} parameters{so_far}   {report.macs:,} multiply-adds   {memory} to train"
        )
        self._restyle()

    def show_device(self, text: str) -> None:
        """Where training computes: "CPU · 1 thread"."""
        self._device.setText(text)

    def hint(self, text: str) -> None:
        """What can be done just now; stays until the next one."""
        self._clear.stop()
        self._hint.setText(text)

    def notice(self, text: str) -> None:
        """Something that happened; goes after six seconds."""
        self._hint.setText(text)
        self._clear.start()

    def _restyle(self) -> None:
        errors, warnings = self._counts
        name, colour = ("alert-triangle", "danger") if errors else ("circle-check", "ok")
        if not errors and warnings:
            name, colour = "alert-circle", "warning"
        self._mark.setPixmap(pixmap(name, colour, 14, filled=True))
        self.setFixedHeight(themes().current.size("status"))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"

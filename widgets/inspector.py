"""The panel beside the canvas: what a block is, its settings, its shapes and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.blocks.base import Block
from engine.blocks.data import Input, Output
from engine.blocks.placeholder import Placeholder
from engine.check import Report
from engine.graph import Graph
from engine.problems import Problem
from engine.recipes.recipe import Recipe
from widgets.block_head import BlockHead
from widgets.block_names import BlockNames
from widgets.cost_facts import facts_in_total, facts_of, facts_together, input_shapes
from widgets.facts import Facts
from widgets.form import Form, shared_rows
from widgets.problem_box import ProblemBox
from widgets.shape_table import ShapeTable
from widgets.theme import set_kind
from widgets.value_text import count_text
from widgets.weights_part import WeightsPart

USUAL_RECIPE = Recipe()
MOST_PROBLEMS = 3
EMPTY_HINT = "Nothing is drawn yet. Drag a block from the list at the left, or press Shift+A on the canvas."
HINT = "Select a block to see and change its settings."


class Inspector(QScrollArea):
    """Shows the selected block, or what several selected blocks share, or the totals of the whole drawing.

    `configured` asks for another value of one block, `configured_many` for the same value in several at once.
    """

    configured = Signal(str, str, object)
    configured_many = Signal(object, str, object)
    finished = Signal()
    renamed = Signal(str, str)
    fix_chosen = Signal(object)
    frozen_changed = Signal(object, bool)
    initial_changed = Signal(object, str, object)
    share_requested = Signal()
    own_requested = Signal()

    def __init__(self) -> None:
        """Show an empty drawing."""
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(200)
        self.one, self.many, self.drawing = BlockPage(), BlocksPage(), DrawingPage()
        self._pages = QStackedWidget()
        for page in (self.drawing, self.one, self.many):
            self._pages.addWidget(page)
        self.setWidget(self._pages)
        self.one.form.changed.connect(lambda name, value: self.configured.emit(self.one.name, name, value))
        self.many.form.changed.connect(lambda name, value: self.configured_many.emit(self.many.names, name, value))
        for form in (self.one.form, self.many.form):
            form.finished.connect(self.finished)
        for part in (self.one.weights, self.many.weights):
            part.frozen_changed.connect(self.frozen_changed)
            part.initial_changed.connect(self.initial_changed)
            part.finished.connect(self.finished)
            part.share_requested.connect(self.share_requested)
            part.own_requested.connect(self.own_requested)
        self.one.head.renamed.connect(self.renamed)
        self.one.fix_chosen.connect(self.fix_chosen)
        self.show_blocks(Graph(), Report(), ())

    def show_blocks(
        self, graph: Graph, report: Report, names: Sequence[str], recipe: Recipe = USUAL_RECIPE, inside: str = ""
    ) -> None:
        """Show these blocks of a drawing; names that it does not have are left out. Memory is what the recipe needs.

        `inside` is the name of the group whose inside the drawing is, if it is one.
        """
        known = tuple(name for name in names if name in graph.nodes)
        if not known:
            self.drawing.show_drawing(graph, report, recipe, inside)
            self._turn_to(self.drawing)
        elif len(known) == 1:
            self.one.show_block(graph, report, known[0], recipe.batch_size, inside)
            self._turn_to(self.one)
        else:
            self.many.show_blocks(graph, report, known, recipe.batch_size)
            self._turn_to(self.many)

    def start_rename(self, name: str) -> None:
        """Put the caret into the name of the block that is shown."""
        if self._pages.currentWidget() is self.one and self.one.name == name:
            self.one.head.start_rename()

    def _turn_to(self, page: QWidget) -> None:
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            self.verticalScrollBar().setValue(0)


class Page(QWidget):
    """A column of sections with lines between them."""

    def __init__(self) -> None:
        """Start with no section."""
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addStretch(1)

    def section(self, *widgets: QWidget, line: bool = False) -> QFrame:
        """Add a section, below a line if wished."""
        section = QFrame()
        inner = QVBoxLayout(section)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        if line:
            separator = QFrame()
            set_kind(separator, "separator")
            inner.addWidget(separator)
        content = QVBoxLayout()
        content.setContentsMargins(12, 10, 12, 10)
        content.setSpacing(8)
        for widget in widgets:
            content.addWidget(widget)
        inner.addLayout(content)
        self.column.insertWidget(self.column.count() - 1, section)
        return section


class BlockPage(Page):
    """One block."""

    fix_chosen = Signal(object)

    def __init__(self) -> None:
        """Lay out the sections."""
        super().__init__()
        self.name = ""
        self.head, self.form, self.facts, self.table = BlockHead(), Form(), Facts(), ShapeTable()
        self.weights, self._door = WeightsPart(), QLabel()
        self._door.setWordWrap(True)
        set_kind(self._door, "muted")
        self._problems: tuple[Problem, ...] = ()
        self._boxes: list[ProblemBox] = []
        self.section(self.head)
        self._problem_part = QWidget()
        self._problem_column = QVBoxLayout(self._problem_part)
        self._problem_column.setContentsMargins(0, 0, 0, 0)
        self._problem_section = self.section(self._problem_part)
        title = QLabel("Inputs")
        set_kind(title, "label")
        self._table_section = self.section(title, self.table)
        self._form_section = self.section(self.form)
        self._door_section = self.section(self._door)
        self._weights_section = self.section(self.weights, line=True)
        self.section(self.facts, line=True)

    def show_block(self, graph: Graph, report: Report, name: str, batch: int, inside: str = "") -> None:
        """Show one block of a drawing, or of the inside of a group; memory is counted for a batch."""
        if name != self.name:
            self.form.discard()
        self.name, node = name, graph.nodes[name]
        self.head.show_block(graph, name)
        problems = report.by_block.get(name, ())[:MOST_PROBLEMS]
        self._show_problems(problems)
        inputs = input_shapes(graph, report, name)
        compare = len(inputs) > 1 and any(problem.level == "error" for problem in problems)
        compare = compare and len(inputs) == len(node.block.input_ports())
        self._table_section.setVisible(compare)
        if compare:
            self.table.show_shapes(node.block, inputs)
        door = bool(inside) and isinstance(node.block, Input | Output)
        self._door_section.setVisible(door)
        self._door.setText(_door_text(node.block, inside) if door else "")
        entrance = door and isinstance(node.block, Input)
        editable = bool(node.block.params()) and not isinstance(node.block, Placeholder) and not entrance
        self._form_section.setVisible(editable)
        if editable:
            self.form.show_settings(node.block)
        self._weights_section.setVisible(self.weights.show_weights(graph, report, (name,)))
        self.facts.show_facts(facts_of(graph, report, node, batch))

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        self._problem_section.setVisible(bool(problems))
        same = len(problems) == len(self._problems)
        if same and all(new is old for new, old in zip(problems, self._problems, strict=True)):
            return
        for box in self._boxes:
            box.hide()
            self._problem_column.removeWidget(box)
            box.deleteLater()
        self._problems = problems
        self._boxes = [ProblemBox(problem) for problem in problems]
        for box in self._boxes:
            box.fix_chosen.connect(self.fix_chosen)
            self._problem_column.addWidget(box)


class BlocksPage(Page):
    """Several blocks: which they are, the settings that they share, and what they cost together."""

    def __init__(self) -> None:
        """Lay out the sections."""
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.title, self.list, self.form, self.facts = QLabel(), BlockNames(), Form(), Facts()
        set_kind(self.title, "strong")
        self._none = QLabel("These blocks share no settings.")
        set_kind(self._none, "muted")
        self.section(self.title, self.list)
        self._form_section = self.section(self.form, line=True)
        self._none_section = self.section(self._none, line=True)
        self.weights = WeightsPart()
        self._weights_section = self.section(self.weights, line=True)
        self.section(self.facts, line=True)

    def show_blocks(self, graph: Graph, report: Report, names: tuple[str, ...], batch: int) -> None:
        """Show these blocks of a drawing; memory is counted for a batch."""
        if names != self.names:
            self.form.discard()
        self.names = names
        self.title.setText(f"{count_text(len(names))} blocks")
        self.list.show_names(graph, names)
        blocks = [graph.nodes[name].block for name in names]
        known = not any(isinstance(block, Placeholder) for block in blocks)
        rows = shared_rows(blocks) if known else ()
        self._form_section.setVisible(bool(rows))
        self._none_section.setVisible(not rows)
        if rows:
            self.form.show_many(blocks, rows)
        self._weights_section.setVisible(self.weights.show_weights(graph, report, names))
        self.facts.show_facts(facts_together(graph, report, names, batch))


class DrawingPage(Page):
    """The whole drawing: its totals, and what to do next."""

    def __init__(self) -> None:
        """Lay out the sections."""
        super().__init__()
        self.title = QLabel()
        set_kind(self.title, "strong")
        self.facts, self.hint = Facts(), QLabel()
        self.hint.setWordWrap(True)
        set_kind(self.hint, "muted")
        self.section(self.title, self.facts)
        self.section(self.hint, line=True)

    def show_drawing(self, graph: Graph, report: Report, recipe: Recipe, inside: str = "") -> None:
        """Show the totals of a drawing, or of the inside of a group, trained with a recipe."""
        self.title.setText(f"Inside {inside}" if inside else "This drawing")
        self.facts.show_facts(facts_in_total(graph, report, recipe))
        self.hint.setText(HINT if graph.nodes else EMPTY_HINT)


def _door_text(block: Block, inside: str) -> str:
    """What an end of a group's inside is for those outside."""
    if isinstance(block, Input):
        return f"An input of {inside}. What enters there decides its shape."
    return f"An output of {inside}: its name is the name of the port outside."

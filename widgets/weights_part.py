"""The part of the inspector about weights: whose they are, whether they learn, and how they start."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blocks.base import Block
from engine.blocks.placeholder import Placeholder
from engine.check import Report
from engine.evaluation import BlockReport
from engine.graph import Graph, Node
from engine.groups import Group
from engine.initial import PYTORCHS_OWN, Initial
from engine.settings import Param
from widgets.form import Form
from widgets.icons import icon
from widgets.theme import set_kind, themes

FROZEN = "Frozen: keeps its weights"
FROZEN_MANY = "Frozen: their weights stay as they are"
STILL = "Its running statistics stay still too, unlike PyTorch's default."
STILL_INSIDE = "Running statistics inside stay still too, unlike PyTorch's default."
MOST_NAMED = 3


class WeightsPart(QWidget):
    """Shows the weights of one or several blocks and asks for changes; hidden for blocks that have none."""

    frozen_changed = Signal(object, bool)
    """The names of the blocks, and whether their weights stay as they are."""
    initial_changed = Signal(object, str, object)
    finished = Signal()
    share_requested = Signal()
    own_requested = Signal()

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.shared, self.note, self.frozen, self.form = QLabel(), QLabel(), QCheckBox(), Form()
        self.frozen_text = QLabel(FROZEN)
        self.frozen_text.setBuddy(self.frozen)
        self.share, self.own = QPushButton("Share weights with…"), QPushButton("Own weights")
        self.fold = QPushButton()
        self.fold.setCheckable(True)
        for label in (self.shared, self.note, self.frozen_text):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.note, "small")
        for button in (self.share, self.own, self.fold):
            set_kind(button, "link")
        self._lay_out()
        self.frozen.clicked.connect(self._freeze)
        self.fold.clicked.connect(self._unfold)
        self.share.clicked.connect(self.share_requested)
        self.own.clicked.connect(self.own_requested)
        self.form.changed.connect(self._change_initial)
        self.form.finished.connect(self.finished)
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_weights(self, graph: Graph, report: Report, names: Sequence[str]) -> bool:
        """Show the weights of these blocks; whether there are any."""
        nodes = [graph.nodes[name] for name in names]
        with_weights = [node for node in nodes if has_weights(node, report.blocks.get(node.name))]
        if not with_weights:
            self.names = ()
            return False
        same = tuple(names) == self.names
        self.names = tuple(names)
        owners = [graph.nodes[graph.sharers(node.name)[0]] for node in with_weights]
        self._show_sharing(graph, nodes, with_weights)
        self._show_frozen(owners, len(names) > 1)
        self._show_initial([o.initial for o in owners], all(not isinstance(o.block, Group) for o in owners), same)
        return True

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        title = QLabel("Weights")
        set_kind(title, "label")
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self.frozen, 0, Qt.AlignmentFlag.AlignTop)
        switch.addWidget(self.frozen_text, 1)
        column.addWidget(title)
        column.addLayout(switch)
        for widget in (self.note, self.shared, self.own, self.share, self.fold, self.form):
            link = isinstance(widget, QPushButton)
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft if link else Qt.AlignmentFlag(0))

    def _show_sharing(self, graph: Graph, nodes: Sequence[Node], with_weights: Sequence[Node]) -> None:
        kinds = {type(node.block) for node in nodes}
        owners = {graph.sharers(node.name)[0] for node in nodes}
        text = _sharing_text(graph, nodes[0]) if len(nodes) == 1 else ""
        if len(nodes) > 1 and len(owners) == 1:
            text = f"All use the weights of {owners.pop()}."
            owners.add("")
        self.shared.setText(text)
        self.shared.setVisible(bool(text))
        self.own.setVisible(any(len(graph.sharers(node.name)) > 1 for node in nodes))
        self.share.setVisible(len(kinds) == 1 and len(owners) > 1 and len(with_weights) == len(nodes))

    def _show_frozen(self, owners: Sequence[Node], several: bool) -> None:
        states = {owner.frozen for owner in owners}
        self.frozen_text.setText(FROZEN_MANY if several else FROZEN)
        self.frozen.setAccessibleName(self.frozen_text.text())
        self.frozen.setTristate(len(states) > 1)
        if len(states) > 1:
            self.frozen.setCheckState(Qt.CheckState.PartiallyChecked)
        else:
            self.frozen.setChecked(states.pop())
        inside = any(isinstance(owner.block, Group) and has_statistics(owner.block) for owner in owners)
        still = any(has_statistics(owner.block) for owner in owners)
        self.note.setText((STILL_INSIDE if inside or several else STILL) if still else "")
        self.note.setVisible(still)

    def _show_initial(self, initials: Sequence[Initial], possible: bool, same: bool) -> None:
        self.fold.setVisible(possible)
        if not possible:
            self.form.hide()
            return
        methods = {initial.weight for initial in initials}
        word = "mixed" if len(methods) > 1 else f"PyTorch's {methods.pop()}" if "default" in methods else methods.pop()
        self.fold.setText(f"Initial weights: {word}")
        if not same:
            self.form.discard()
            self.fold.setChecked(any(initial != PYTORCHS_OWN for initial in initials))
        rows = _rows(initials)
        typing = [row.name for row in rows if self.form.has_focus(row.name)]
        self.form.show_many(initials, rows)
        for name in typing:  # another method has fields of its own: the caret goes along
            self.form.editor(name).setFocus()
        self._unfold(self.fold.isChecked())

    def _freeze(self) -> None:
        self.frozen.setTristate(False)
        self.frozen_changed.emit(self.names, self.frozen.isChecked())

    def _change_initial(self, name: str, value: object) -> None:
        self.initial_changed.emit(self.names, name, value)

    def _unfold(self, unfolded: bool) -> None:
        self.fold.setChecked(unfolded)
        self.form.setVisible(unfolded)
        self._restyle()

    def _restyle(self) -> None:
        self.fold.setIcon(icon("chevron-down" if self.fold.isChecked() else "chevron-right", "accent"))
        for button in (self.share, self.own):
            button.setIcon(icon("link", "accent"))


def has_weights(node: Node, known: BlockReport | None) -> bool:
    """Whether a block learns anything; for one whose input is not known yet, whether its kind ever does."""
    block = node.block
    if isinstance(block, Group):
        return any(has_weights(inner, None) for inner in block.graph.nodes.values())
    if isinstance(block, Placeholder):
        return False
    if known is None:
        return type(block).weights is not Block.weights or block.running_statistics
    return bool(block.weights(*known.inputs)) or block.running_statistics


def has_statistics(block: Block) -> bool:
    """Whether a block, or one inside it, follows the batches with running statistics."""
    if isinstance(block, Group):
        return any(has_statistics(node.block) for node in block.graph.nodes.values())
    return block.running_statistics


def _sharing_text(graph: Graph, node: Node) -> str:
    if node.same_as:
        return f"Uses the weights of {node.same_as}. Their settings change together."
    others = graph.sharers(node.name)[1:]
    if not others:
        return ""
    named = ", ".join(others[:MOST_NAMED]) + (f" and {len(others) - MOST_NAMED} more" if others[MOST_NAMED:] else "")
    return f"{named} {'uses' if len(others) == 1 else 'use'} its weights. Their settings change together."


def _rows(initials: Sequence[Initial]) -> tuple[Param, ...]:
    """The settings that all of these methods read."""
    used = [set(initial.used()) for initial in initials]
    return tuple(row for row in Initial.params() if all(row.name in names for names in used))

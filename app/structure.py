"""Commands on the structure of the drawing: groups, shared weights, frozen and initial weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from app.level import Level
from engine.graph import Graph, Node
from engine.group_names import class_name_for
from engine.groups import Group
from engine.layout import arrange
from engine.nesting import NotPossible, grouped, inside, ungrouped, with_inside
from engine.placing import set_apart
from widgets.canvas import Canvas
from widgets.weights_part import has_weights

MOST_OWNERS = 20
"""How many blocks the menu names that could hand out their weights."""


class Structure(QObject):
    """Turns what a person asks for into one edit of the open level each."""

    said = Signal(str)
    save_requested = Signal(object)
    """A group should become a row of the palette: its node."""

    def __init__(self, level: Level, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._level, self._canvas = level, canvas
        self.menu: QMenu | None = None
        """The list of blocks whose weights could be shared, while it is open."""

    # Groups

    def group(self) -> None:
        """Put the selected blocks into a new group, which is then selected."""
        self._try(lambda: self._group(self._canvas.selection()))

    def ungroup(self) -> None:
        """Put the blocks of the selected groups in their place."""
        self._try(lambda: self._ungroup(self.chosen_groups()))

    def enter(self) -> None:
        """Open the selected group."""
        for name in self.chosen_groups()[:1]:
            self._level.enter(name)

    def leave(self) -> None:
        """Back to what lies around the open group."""
        self._level.leave()

    def save(self) -> None:
        """Have the selected group in the palette from now on."""
        for name in self.chosen_groups()[:1]:
            self.save_requested.emit(self._level.graph.nodes[name])

    def chosen_groups(self) -> list[str]:
        """The selected groups."""
        nodes = self._level.graph.nodes
        return [name for name in self._canvas.selection() if name in nodes and isinstance(nodes[name].block, Group)]

    # Weights

    def freeze(self) -> None:
        """Freeze the weights of the selected blocks, or let all of them learn again."""
        nodes = self._chosen(self._canvas.selection())
        if nodes:
            self.set_frozen([node.name for node in nodes], not all(node.frozen for node in nodes))

    def can_freeze(self) -> bool:
        """Whether a selected block has weights."""
        return bool(self._chosen(self._canvas.selection()))

    def set_frozen(self, names: Sequence[str], frozen: bool) -> None:
        """Say for some blocks whether their weights stay as they are; blocks that share them follow their owner."""
        owners = self._owners(names)
        graph = self._level.graph.add(*(replace(node, frozen=frozen) for node in owners))
        self._level.edit(f"{'Freeze' if frozen else 'Let learn'} {_which(names)}", graph)

    def set_initial(self, names: Sequence[str], setting: str, value: object) -> None:
        """Let the weights of some blocks start in another way."""
        try:
            changed = [replace(n, initial=n.initial.changed(**{setting: value})) for n in self._owners(names)]
        except ValueError as error:
            self.said.emit(f"{error}.")
            return
        merge = f"{','.join(names)}.initial.{setting}"
        self._level.edit(f"Set the initial weights of {_which(names)}", self._level.graph.add(*changed), merge)

    def share(self) -> None:
        """Ask whose weights the selected blocks should use."""
        owners = self.possible_owners()
        if not owners:
            return
        menu = QMenu(self._canvas)
        menu.setAccessibleName("Share weights with")
        menu.addAction("Share the weights of").setEnabled(False)
        for name in owners[:MOST_OWNERS]:
            menu.addAction(name).triggered.connect(lambda _=False, owner=name: self.share_with(owner))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._below_selection())
        menu.setActiveAction(menu.actions()[1])
        self.menu = menu

    def share_with(self, owner: str) -> None:
        """Let the selected blocks use the weights of one block."""
        names = [name for name in self._canvas.selection() if name != owner]
        self._try(lambda: self._share(names, owner))

    def unshare(self) -> None:
        """Give the selected blocks weights of their own; an owner's go to nobody else any more."""
        graph, names = self._level.graph, self.sharing()
        for name in names:
            graph = graph.unshare(name)
        self._level.edit(f"Own weights for {_which(names)}", graph)

    def possible_owners(self) -> list[str]:
        """Blocks whose weights all selected ones could use: among several selected ones, or any other of its kind."""
        graph, chosen = self._level.graph, self._canvas.selection()
        nodes = self._chosen(chosen)
        if not nodes or len(nodes) < len(chosen) or len({type(node.block) for node in nodes}) > 1:
            return []
        if len(nodes) > 1:
            return sorted({node.same_as or node.name for node in nodes}, key=list(graph.nodes).index)
        kind, (own, *_) = type(nodes[0].block), graph.sharers(nodes[0].name)
        return [n for n, node in graph.nodes.items() if type(node.block) is kind and not node.same_as and n != own]

    def sharing(self) -> list[str]:
        """The blocks that get weights of their own: the selected ones that use others', or all that use theirs."""
        graph = self._level.graph
        chosen = [name for name in self._canvas.selection() if name in graph.nodes]
        followers = [name for name in chosen if graph.nodes[name].same_as]
        return followers or [other for name in chosen for other in graph.sharers(name)[1:]]

    def _chosen(self, names: Sequence[str]) -> list[Node]:
        """Those of some blocks that have weights."""
        graph, report = self._level.graph, self._level.report
        nodes = (graph.nodes[name] for name in names if name in graph.nodes)
        return [node for node in nodes if has_weights(node, report.blocks.get(node.name))]

    def _owners(self, names: Sequence[str]) -> list[Node]:
        graph = self._level.graph
        owners = dict.fromkeys(graph.sharers(node.name)[0] for node in self._chosen(names))
        return [graph.nodes[name] for name in owners]

    def _group(self, names: Sequence[str]) -> tuple[str, Graph, tuple[str, ...]]:
        graph, new = grouped(self._level.graph, names)
        graph = with_inside(graph, (new,), _in_flow_order(inside(graph, (new,))))
        kind = class_name_for(inside(graph, (new,)))
        name = graph.fresh_name("block1")
        graph = graph.configure(new, class_name=kind).rename(new, name)
        self.said.emit(f"Grouped as {name}, of the class {kind}. F2 gives it another name, Ctrl+Down leads inside.")
        return f"Group {_which(names)}", set_apart(graph, {name}), (name,)

    def _ungroup(self, names: Sequence[str]) -> tuple[str, Graph, tuple[str, ...]]:
        graph, found = self._level.graph, list[str]()
        for name in names:
            graph, inner = ungrouped(graph, name)
            found += inner
        graph = set_apart(graph, set(found))
        return f"Ungroup {_which(names)}", graph, tuple(found)

    def _share(self, names: Sequence[str], owner: str) -> tuple[str, Graph, tuple[str, ...]]:
        graph = self._level.graph
        for name in names:
            if owner not in graph.sharers(name) or graph.nodes[owner].same_as:
                graph = graph.share(name, owner)
        return f"Share the weights of {owner}", graph, self._canvas.selection()

    def _try(self, work: Callable[[], tuple[str, Graph, tuple[str, ...]]]) -> None:
        """Do it as one edit and select what it made, or say in a sentence why it cannot be."""
        try:
            text, graph, names = work()
        except (NotPossible, ValueError) as error:
            sentence = str(error)
            self.said.emit(f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.")
            return
        self._level.edit(text, graph)
        self._canvas.select(names)

    def _below_selection(self) -> QPoint:
        canvas = self._canvas
        body = canvas.drawing.cards[canvas.current()].body()
        return canvas.viewport().mapToGlobal(canvas.mapFromScene(body.bottomLeft()))


def _in_flow_order(graph: Graph) -> Graph:
    """Blocks that come from several rows are arranged anew; others stay as somebody placed them."""
    ends = ((graph.nodes[wire.source].at[0], graph.nodes[wire.target].at[0]) for wire in graph.wires)
    return graph.move(arrange(graph)) if any(left >= right for left, right in ends) else graph


def _which(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} blocks"

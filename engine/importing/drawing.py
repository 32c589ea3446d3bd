"""A module's forward as a drawing: every step a block, every call of a module of the user's own a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn

from engine.blocks.base import Ids, Shape
from engine.blocks.data import Input, Output
from engine.blocks.placeholder import WHY, Placeholder
from engine.graph import Graph, Node
from engine.groups import Group
from engine.importing.attributes import attribute
from engine.importing.computing import computed, function_name
from engine.importing.frames import End, Frame, class_name, expected
from engine.importing.layouts import CannotDraw
from engine.importing.modules import draw
from engine.importing.outcome import Imported, Note
from engine.importing.scopes import below, nest
from engine.importing.shaping import SHAPING
from engine.importing.steps import Step
from engine.importing.tracing import PICK, Scope, Trace
from engine.importing.uncalled import put_beside
from engine.program import is_key, is_name


def drawn(trace: Trace, title: str) -> Imported:
    """The drawing of what a module did, laid out, with a note on everything that it cannot hold."""
    return _Drawing(trace).result(title)


class _Drawing:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.notes: list[Note] = []
        self.nodes, dissolved = nest(trace)
        self.top = Frame(trace.top)
        self.frames: dict[Scope, Frame] = {trace.top: self.top}
        self.renamed: dict[str, str] = {}
        for path in dissolved:
            self.notes.append(Note(path, "its modules are called in turn with others, so they stand beside them"))

    def result(self, title: str) -> Imported:
        for node in self.nodes:
            self._visit(node)
        self._keep_uncalled()
        graph = self._finished(self.top)
        return Imported(graph, tuple(self.notes), title, self._keys())

    def _visit(self, node: fx.Node) -> None:
        if node.op == "output":
            self._answer(node)
            return
        frame = node.meta["frame"] = self._frame(node.meta["scope"])
        if node.op == "placeholder":
            frame.ends[node] = self._entrance(frame, node)
        elif node.target is PICK:
            source = node.all_input_nodes[0]
            _hand_over(frame, node, source.meta["results"][node.args[1]])
        else:
            self._step(frame, node)

    def _step(self, frame: Frame, node: fx.Node) -> None:
        before, wires, shapes = dict(frame.nodes), list(frame.wires), dict(frame.shapes)
        try:
            ends = self._translated(frame, node)
            self._compare(frame, node, ends)
        except CannotDraw as reason:
            groups = {name: made for name, made in frame.nodes.items() if isinstance(made.block, Group | Input)}
            frame.nodes = {**before, **groups}
            frame.wires = [wire for wire in frame.wires if wire in wires or wire.target in groups]
            frame.shapes = {end: s for end, s in frame.shapes.items() if end in shapes or end[0] in groups}
            ends = self._kept(frame, node, str(reason))
        _hand_over(frame, node, _like(node.meta["value"], iter(ends)))

    def _translated(self, frame: Frame, node: fx.Node) -> Sequence[End | None]:
        if node.op == "call_module":
            return self._module(frame, node)
        if node.op == "get_attr":
            path = str(node.target)
            known = path in frame.modules or path in self.trace.constants
            return [attribute(frame, node, self.trace, "" if known else self._name(frame, path, parameter=True))]
        name = function_name(node.args[1] if node.target is getattr else node.target)
        translate = SHAPING.get(name) or computed(name)
        if translate is None:
            raise CannotDraw(f"there is no block for {name}")
        return translate(Step(frame, node))

    def _module(self, frame: Frame, node: fx.Node) -> Sequence[End | None]:
        path = str(node.target)
        module = self.trace.root.get_submodule(path)
        owner = frame.modules.get(path, "")
        if owner and isinstance(frame.nodes[owner].block, Placeholder):
            raise CannotDraw("it is called a second time")
        name = frame.fresh(frame.nodes[owner].name) if owner else self._name(frame, path)
        if not name:
            kind = type(module).__name__
            name = frame.usual(frame.block(kind)) if _known(kind) else frame.fresh(f"{kind.lower()}1")
        ends = draw(frame, node, module, name, owner)
        frame.modules.setdefault(path, name)
        return ends

    def _name(self, frame: Frame, path: str, parameter: bool = False) -> str:
        """What the block of a module or parameter is called; nothing where it has only a number."""
        names = below(path, frame.path)
        if names is None:
            raise CannotDraw(f"it uses {path}, which belongs to another part of the network")
        wish = "_".join(names)
        if frame.numbered and wish.isdigit():
            return ""
        if len(names) == 1 and is_name(wish) and wish not in frame.nodes:
            return wish
        stem = "".join(letter if letter.isalnum() else "_" for letter in wish).lstrip("_0123456789")
        name = frame.fresh(stem or "layer1")
        if len(names) == 1 and is_key(wish) and not parameter:
            frame.keys[name] = wish
        else:
            self._note_other_name(frame, path, name)
        return name

    def _note_other_name(self, frame: Frame, path: str, name: str) -> None:
        self.renamed[path] = f"{frame.path}.{name}" if frame.path else name
        self.notes.append(Note(path, f"is called {name} in the drawing: the name cannot stay, so its keys change"))

    def _frame(self, scope: Scope) -> Frame:
        """The drawing of a call, with a block for it in the drawing around it."""
        if scope in self.frames:
            return self.frames[scope]
        assert scope.outer is not None
        outer = self._frame(scope.outer)
        owner = outer.modules.get(scope.path, "")
        kind = class_name(scope.module)
        name = outer.fresh(owner) if owner else self._name(outer, scope.path) or outer.fresh(f"{_snake(kind)}1")
        outer.modules.setdefault(scope.path, name)
        outer.nodes[name] = Node(name, Group(class_name=kind), same_as=owner)
        self.frames[scope] = Frame(scope, outer, name)
        return self.frames[scope]

    def _entrance(self, frame: Frame, node: fx.Node) -> End:
        shape = expected(node.meta["value"])
        dtype = "int64" if isinstance(shape, Ids) else "float32"
        several = sum(other.op == "placeholder" for other in self.nodes) > 1
        name = frame.fresh(str(node.target) if several else "input")
        (end,) = frame.add(Node(name, Input(shape=tuple(shape), dtype=dtype)), (), (shape,))
        return end

    def _answer(self, node: fx.Node) -> None:
        for result in node.all_input_nodes:
            end = self.top.fetch(result)
            self.top.add(Node(self.top.fresh("output"), Output()), [end], ())

    def _compare(self, frame: Frame, node: fx.Node, ends: Sequence[End | None]) -> None:
        """Raise CannotDraw unless the blocks give the very shapes that the module gave."""
        for end, value in zip(ends, _leaves(node.meta["value"]), strict=True):
            if end and value is not None and tuple(frame.shapes[end]) != tuple(expected(value)):
                given, wanted = tuple(frame.shapes[end]), tuple(expected(value))
                raise CannotDraw(f"the block would give the shape {given}, the module gave {wanted}")

    def _kept(self, frame: Frame, node: fx.Node, reason: str) -> list[End | None]:
        """A placeholder for a step, with its data, and a note."""
        module = self.trace.root.get_submodule(str(node.target)) if node.op == "call_module" else None
        what = type(module).__name__ if module else function_name(node.target)
        place = str(node.target) if node.op in ("call_module", "get_attr") else frame.path or "the network"
        self.notes.append(Note(place, f"{what} is kept as a placeholder: {reason}"))
        wish = place.rpartition(".")[2] if module or node.op == "get_attr" else f"{what}1"
        name = wish if is_name(wish) and wish not in frame.nodes else frame.fresh(wish if is_name(wish) else "unknown1")
        if node.op in ("call_module", "get_attr"):
            frame.modules[place] = name
        kept = {"what": str(module or node.format_node()), "weights": _sizes(module), WHY: reason}
        shapes = [expected(value) for value in _leaves(node.meta["value"]) if value is not None]
        ends = [frame.fetch(source) for source in node.all_input_nodes]
        known_as = f"nn.{what}" if module else what  # a file takes a name of the catalogue for the block itself
        found = iter(frame.placeholder(name, ends, known_as, kept, shapes))
        return [next(found) if value is not None else None for value in _leaves(node.meta["value"])]

    def _finished(self, frame: Frame) -> Graph:
        for inner in [f for f in self.frames.values() if f.outer is frame]:
            inner.lead_batch_in()
            node = frame.nodes[inner.name]
            assert isinstance(node.block, Group)
            block = replace(node.block, graph=self._finished(inner), numbered=inner.numbered)
            frame.nodes[inner.name] = self._settled(frame, inner, replace(node, block=block))
        return frame.drawing()

    def _settled(self, frame: Frame, inner: Frame, node: Node) -> Node:
        """A finished group; called again it is the very same one as the first time, or shares nothing."""
        if not node.same_as:
            return node
        owner = frame.nodes[node.same_as].block
        assert isinstance(owner, Group)
        assert isinstance(node.block, Group)
        if _bare(owner) == _bare(node.block):
            return replace(node, block=owner)
        text = "does something else each time it is called, so the copies share no weights"
        self.notes.append(Note(inner.path, text))
        return replace(node, same_as="")

    def _keep_uncalled(self) -> None:
        called = {str(node.target) for node in self.nodes if node.op in ("call_module", "get_attr")}
        for path, module in self.trace.root.named_modules():
            own = [name for name, _ in module.named_parameters(recurse=False)]
            used = any(_inside(path, leaf) for leaf in called)
            lost = [name for name in own if f"{path}.{name}".lstrip(".") not in called]
            if lost and not used:
                self._beside(path, module, lost)

    def _beside(self, path: str, module: nn.Module, own: Sequence[str]) -> None:
        """Keep a module that nothing calls: fed with zeros where that can be, as a placeholder elsewhere."""
        frames = [frame for frame in self.frames.values() if frame.path == path.rpartition(".")[0]]
        try:
            if not frames or len(own) < len(list(module.parameters(recurse=False))):
                raise CannotDraw("the module around it is not called either" if path else "it is never used")
            put_beside(frames[0], path, module, self._name(frames[0], path))
            self.notes.append(Note(path, "is never called; it is fed with zeros, so that its weights keep their place"))
        except CannotDraw as reason:
            kind = type(module).__name__
            name = path if is_name(path) and path not in self.top.nodes else self.top.fresh("unused1")
            kept = {"what": str(module), "weights": _sizes(module), WHY: str(reason)}
            self.top.placeholder(name, (), f"nn.{kind}", kept, ())
            text = f"is never called, so {', '.join(own)} of this {kind} are only kept in a placeholder: {reason}"
            self.notes.append(Note(path or "the network", text))

    def _keys(self) -> dict[str, str]:
        changed = {}
        for key in self.trace.root.state_dict():
            best = max(
                (path for path in self.renamed if key == path or key.startswith(f"{path}.")), key=len, default=""
            )
            if best:
                changed[key] = self.renamed[best] + key[len(best) :]
        return changed


def _hand_over(frame: Frame, node: fx.Node, results: Any) -> None:
    """Remember what a step gave: one end, or a nest of them."""
    if isinstance(node.meta["value"], torch.Tensor):
        frame.ends[node] = results
    else:
        node.meta["results"] = results


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value if isinstance(value, torch.Tensor) else None


def _like(value: Any, ends: Iterator[End | None]) -> Any:
    """The ends in the same nest as the values."""
    if isinstance(value, tuple | list):
        return [_like(part, ends) for part in value]
    return next(ends, None)


def _sizes(module: nn.Module | None) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()} if module else {}


def _inside(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _known(kind: str) -> bool:
    from engine.blocks import BLOCKS

    return kind in BLOCKS


def _bare(group: Group) -> Group:
    """A group without the shapes that its Inputs happen to have."""

    def bare(node: Node) -> Node:
        if isinstance(node.block, Input):
            return replace(node, block=replace(node.block, shape=(1,)))
        return replace(node, block=_bare(node.block)) if isinstance(node.block, Group) else node

    nodes = {name: bare(node) for name, node in group.graph.nodes.items()}
    return replace(group, graph=group.graph.add(*nodes.values()))


def _snake(name: str) -> str:
    """BasicBlock as basic_block."""
    letters = [
        f"_{letter.lower()}" if letter.isupper() and index else letter.lower() for index, letter in enumerate(name)
    ]
    return "".join(letters)

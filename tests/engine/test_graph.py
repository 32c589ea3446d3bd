"""Drawings as values: every edit gives a sound new drawing and leaves the old one as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.blocks import BLOCKS
from engine.blocks.activation import ReLU
from engine.blocks.data import Input, Output
from engine.blocks.merge import Add, Concatenate
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.moving import only_moved
from engine.program import TAKEN, is_name
from tests.engine.strategies import any_graphs, settings_of

KINDS = tuple(BLOCKS.values())


def chain() -> Graph:
    graph = Graph().add(Node("a", Input()), Node("b", ReLU(), (240.0, 0.0)), Node("c", Output(), (480.0, 0.0)))
    return graph.connect(Wire("a", "output", "b", "input"), Wire("b", "output", "c", "input"))


def assert_sound(graph: Graph) -> None:
    """What holds for every drawing, whatever was done to it."""
    ends = [(wire.target, wire.input) for wire in graph.wires]
    assert len(set(ends)) == len(ends)
    for wire in graph.wires:
        assert wire.output in graph.nodes[wire.source].block.output_ports()
        assert wire.input in graph.nodes[wire.target].block.input_ports()
    for name, node in graph.nodes.items():
        assert node.name == name and is_name(name)
        assert {(*feed, name, port) for port, feed in graph.feeds(name).items()} == set(graph.into(name))
        assert set(graph.into(name)) == {wire for wire in graph.wires if wire.target == name}
        assert set(graph.out_of(name)) == {wire for wire in graph.wires if wire.source == name}
    looped = set().union(*graph.loops)
    assert sorted(graph.order) == sorted(graph.nodes.keys() - looped)
    place = {name: number for number, name in enumerate(graph.order)}
    assert all(place[w.source] < place[w.target] for w in graph.wires if w.source in place and w.target in place)


class Editing(RuleBasedStateMachine):
    """Any edits in any order; going back brings the very same objects."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph()
        self.before: list[tuple[Graph, str]] = []

    def become(self, graph: Graph) -> None:
        self.before.append((self.graph, repr(self.graph)))
        self.graph = graph

    def name(self, chance: st.DataObject) -> str:
        return chance.draw(st.sampled_from(sorted(self.graph.nodes)))

    @rule(chance=st.data())
    def add(self, chance: st.DataObject) -> None:
        block = chance.draw(st.sampled_from(KINDS).flatmap(settings_of))
        self.become(self.graph.add(Node(self.graph.name_for(block), block)))

    @precondition(lambda self: len(self.graph.nodes) > 0)
    @rule(chance=st.data())
    def connect(self, chance: st.DataObject) -> None:
        source, target = self.name(chance), self.name(chance)
        outputs = self.graph.nodes[source].block.output_ports()
        inputs = self.graph.nodes[target].block.input_ports()
        if outputs and inputs:
            wire = Wire(source, outputs[0], target, chance.draw(st.sampled_from(inputs)))
            self.become(self.graph.connect(wire))
            assert wire in self.graph.wires

    @precondition(lambda self: len(self.graph.wires) > 0)
    @rule(chance=st.data(), what=st.sampled_from(("cut", "insert")))
    def change_a_wire(self, chance: st.DataObject, what: str) -> None:
        wire = chance.draw(st.sampled_from(self.graph.wires))
        if what == "cut":
            self.become(self.graph.disconnect(wire))
        else:
            self.become(self.graph.insert_on_wire(wire, Node(self.graph.fresh_name("relu1"), ReLU())))
        assert wire not in self.graph.wires

    @precondition(lambda self: len(self.graph.nodes) > 0)
    @rule(chance=st.data(), what=st.sampled_from(("remove", "bypass", "configure", "move", "rename", "part")))
    def change_a_block(self, chance: st.DataObject, what: str) -> None:
        name, graph = self.name(chance), self.graph
        old = graph.nodes[name]
        edits: dict[str, Callable[[], Graph]] = {
            "remove": lambda: graph.remove([name]),
            "bypass": lambda: graph.bypass(name),
            "configure": lambda: graph.configure(name, **chance.draw(settings_of(type(old.block))).values()),
            "move": lambda: graph.move({name: (chance.draw(st.floats(-1e6, 1e6)), 0.0)}),
            "rename": lambda: graph.rename(name, graph.fresh_name("other")),
            "part": lambda: graph.part([name]),
        }
        self.become(edits[what]())
        untouched = self.graph.nodes.keys() & graph.nodes.keys() - {name}
        assert all(self.graph.nodes[other] is graph.nodes[other] for other in untouched)

    @precondition(lambda self: 0 < len(self.graph.nodes) < 20)
    @rule()
    def paste(self) -> None:
        graph, names = self.graph.merged(self.graph, (32.0, 32.0))
        assert len(graph.nodes) == 2 * len(self.graph.nodes)
        assert len(graph.wires) == 2 * len(self.graph.wires)
        assert names.keys() == self.graph.nodes.keys() and not set(names.values()) & self.graph.nodes.keys()
        self.become(graph)

    @precondition(lambda self: len(self.before) > 0)
    @rule()
    def undo(self) -> None:
        self.graph, text = self.before.pop()
        assert repr(self.graph) == text

    @invariant()
    def is_sound(self) -> None:
        assert_sound(self.graph)


Editing.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestEditing = Editing.TestCase


@given(any_graphs())
@settings(max_examples=60)
def test_any_drawing_is_sound(graph: Graph) -> None:
    assert_sound(graph)


def test_a_wire_into_a_used_input_takes_its_place() -> None:
    graph = chain().connect(Wire("a", "output", "c", "input"))
    assert graph.feeds("c") == {"input": ("a", "output")}
    assert len(graph.wires) == 2


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (Wire("zz", "output", "b", "input"), "no such block"),
        (Wire("a", "output", "zz", "input"), "no such block"),
        (Wire("a", "result", "b", "input"), "no output called 'result'"),
        (Wire("a", "output", "b", "other"), "no input called 'other'"),
        (Wire("c", "output", "b", "input"), "no output called 'output'"),
    ],
)
def test_a_wire_needs_ports_that_exist(wire: Wire, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        chain().connect(wire)


def test_fewer_ports_lose_their_wires() -> None:
    graph = chain().add(Node("join", Concatenate(tensors=3)))
    graph = graph.connect(*(Wire("b", "output", "join", f"tensor{number}") for number in (1, 2, 3)))
    assert [w.input for w in graph.configure("join", tensors=2).into("join")] == ["tensor1", "tensor2"]


def test_a_renamed_block_keeps_its_wires_and_its_place_in_the_row() -> None:
    graph = chain().rename("b", "bend")
    assert list(graph.nodes) == ["a", "bend", "c"]
    assert graph.wires == (Wire("a", "output", "bend", "input"), Wire("bend", "output", "c", "input"))


@pytest.mark.parametrize("name", ["a", "", "forward", "class", "1b", "b c", "_b", "é"])
def test_a_block_is_not_given_a_name_that_is_taken_or_impossible(name: str) -> None:
    with pytest.raises(ValueError, match="block"):
        chain().rename("b", name)


def test_taking_a_block_out_closes_its_wires() -> None:
    assert chain().bypass("b").wires == (Wire("a", "output", "c", "input"),)
    assert chain().bypass("a").wires == (Wire("b", "output", "c", "input"),)


def test_loops_are_named_block_by_block() -> None:
    graph = chain().add(Node("add", Add())).connect(Wire("b", "output", "add", "input"))
    assert graph.loops == ()
    looped = graph.connect(Wire("add", "output", "b", "input"))
    assert looped.loops == (frozenset({"add", "b"}),)
    assert sorted(looped.loop_path(looped.loops[0])) == ["add", "b"]
    assert looped.order == ("a", "c")
    itself = chain().connect(Wire("b", "output", "b", "input"))
    assert itself.loops == (frozenset({"b"}),)
    assert itself.loop_path(itself.loops[0]) == ["b"]


def test_moving_blocks_keeps_what_was_worked_out() -> None:
    graph = chain()
    order = graph.order
    assert graph.move({"b": (1.0, 2.0)}).order is order
    assert graph.configure("a", shape=(3, 8, 8)).order is order


@given(st.text(max_size=8) | st.sampled_from(sorted(TAKEN)))
def test_a_fresh_name_is_always_usable(wish: str) -> None:
    graph = chain().rename("b", "block1")
    name = graph.fresh_name(wish)
    assert is_name(name) and name not in graph.nodes


def test_names_count_on() -> None:
    graph = Graph()
    for _ in range(3):
        graph = graph.add(Node(graph.name_for(ReLU()), ReLU()))
    assert list(graph.nodes) == ["relu1", "relu2", "relu3"]
    assert graph.remove(["relu2"]).name_for(ReLU()) == "relu2"


def test_a_drawing_whose_blocks_only_moved_is_known() -> None:
    inner = Graph().add(Node("input", BLOCKS["Input"]()), Node("output", BLOCKS["Output"](), (240.0, 0.0)))
    inner = inner.connect(Wire("input", "output", "output", "input"))
    graph = Graph().add(Node("relu", BLOCKS["ReLU"]()), Node("group1", Group(graph=inner)))
    moved = graph.move({"relu": (9.0, 9.0)})
    inside = graph.add(Node("group1", Group(graph=inner.move({"output": (9.0, 9.0)}))))
    others = (
        graph.configure("group1", repeat=2),
        graph.rename("relu", "other"),
        graph.remove(["relu"]),
        graph.add(replace(graph.nodes["relu"], frozen=True)),
        graph.add(Node("group1", Group(graph=inner.disconnect(*inner.wires)))),
    )
    assert all(only_moved(one, graph) for one in (graph, moved, inside))
    assert not any(only_moved(one, graph) for one in others)

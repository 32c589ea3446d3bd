"""The text of a network is read back as the drawing that wrote it; what cannot be understood changes nothing."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings

from engine.blocks.activation import ReLU, Tanh
from engine.blocks.constant import Constant, Parameter
from engine.blocks.data import Input, Output
from engine.blocks.merge import Add
from engine.blocks.recurrent import GRU
from engine.blocks.shaping import Reshape
from engine.blocks.splitting import Unbind
from engine.blocks.tables import Buffer
from engine.blocks.transformer import TransformerEncoder
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.lower import lower, write
from engine.reading import NotUnderstood, read
from engine.sketching import row
from engine.templates import TEMPLATES, new
from engine.writing.manner import FUNCTIONAL, MODULE_LIST, Manner
from engine.writing.source import Source
from tests.engine.nested import nested_graphs
from tests.engine.strategies import any_graphs

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "25"))


def source_of(graph: Graph, manner: Manner | None = None) -> Source:
    program = lower(graph, check(graph))
    return write(program, manner=manner) if manner else write(program)


def shown(graph: Graph) -> frozenset[str]:
    program = lower(graph, check(graph))
    return frozenset({step.block for step in program.steps} | set(program.inputs) | {"answer", "scores"})


@given(nested_graphs())
@settings(max_examples=EXAMPLES)
def test_an_unchanged_text_gives_the_same_text_again(graph: Graph) -> None:
    compare_text(graph)


def compare_text(graph: Graph) -> None:
    """Read a drawing's text and write it again."""
    text = source_of(graph).text
    assert source_of(read(text, graph, shown(graph))).text == text


@given(nested_graphs())
@settings(max_examples=EXAMPLES)
def test_a_text_alone_with_the_shapes_of_its_inputs_gives_a_network_of_the_same_text(graph: Graph) -> None:
    text = source_of(graph).text
    doors = graph.part(name for name, node in graph.nodes.items() if isinstance(node.block, Input))
    try:
        again = read(text, doors, frozenset())
    except NotUnderstood as error:  # numbered blocks that nothing reads: the text does not say what they get
        assert all("is not called in forward" in trouble.reason for trouble in error.troubles), error
        return
    assert not check(again).errors
    assert check(again).parameters == check(graph).parameters


@pytest.mark.parametrize("manner", [FUNCTIONAL, MODULE_LIST], ids=["functional", "modulelist"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_other_manners_are_read_too(name: str, manner: Manner) -> None:
    graph = new(name).graph
    again = read(source_of(graph, manner).text, graph, frozenset(graph.nodes))
    assert source_of(again).text == source_of(graph).text


def edited(graph: Graph, *changes: tuple[str, str]) -> Graph:
    text = source_of(graph).text
    for old, fresh in changes:
        assert old in text
        text = text.replace(old, fresh)
    return read(text, graph, frozenset(graph.nodes))


def test_a_changed_value_changes_one_setting_and_nothing_else() -> None:
    graph = new("mlp").graph
    changed = edited(
        graph, ("nn.Linear(784, 512)", "nn.Linear(784, 300)"), ("nn.Linear(512, 512)", "nn.Linear(300, 512)")
    )
    assert changed.nodes["hidden1"].block == graph.nodes["hidden1"].block.changed(out_features=300)
    same = graph.nodes.keys() - {"hidden1"}
    assert all(changed.nodes[name] is graph.nodes[name] for name in same)


def test_a_new_line_is_a_new_block_beside_its_neighbours() -> None:
    graph = new("mlp").graph
    changed = edited(
        graph,
        ("        self.relu1 = nn.ReLU()\n", "        self.relu1 = nn.ReLU()\n        self.drop = nn.Dropout(0.2)\n"),
        ("relu1 = self.relu1(hidden1)", "relu1 = self.relu1(hidden1)\n        drop = self.drop(relu1)"),
        ("self.hidden2(relu1)", "self.hidden2(drop)"),
    )
    assert changed.feeds("hidden2") == {"input": ("drop", "output")}
    assert changed.nodes["drop"].block.values() == {"p": 0.2}
    assert changed.nodes["drop"].at != (0.0, 0.0)


def test_a_line_that_goes_takes_its_block_along() -> None:
    changed = edited(
        new("mlp").graph,
        ("        self.relu1 = nn.ReLU()\n", ""),
        ("        relu1 = self.relu1(hidden1)  # N x 512\n", ""),
        ("self.hidden2(relu1)", "self.hidden2(hidden1)"),
    )
    assert "relu1" not in changed.nodes
    assert check(changed).ok


def test_operators_between_tensors_are_understood() -> None:
    graph = new("residual").graph
    changed = edited(graph, ("torch.add(norm3, relu1)", "norm3 + relu1"))
    assert changed.nodes["add1"] is graph.nodes["add1"]


def test_blocks_that_the_text_did_not_show_stay() -> None:
    graph = new("mlp").graph
    unfinished = graph.add(type(graph.nodes["relu1"])("lonely", ReLU()))
    again = read(source_of(graph).text, unfinished, frozenset(graph.nodes))
    assert again.nodes["lonely"] is unfinished.nodes["lonely"]


LINES = [
    ("self.relu1 = nn.ReLU()", "self.relu1 = nn.Magic()", "there is no block for nn.Magic"),
    ("self.relu1 = nn.ReLU()", "self.relu1 = __import__('os').system('x')", "there is no block"),
    ("self.relu1 = nn.ReLU()", "exec('x')", "or its weights are set"),
    ("nn.Linear(784, 512)", "nn.Linear(700, 512)", "in_features is 700, but what reaches it makes it 784"),
    ("nn.Linear(784, 512)", "nn.Linear(784, 10**12)", "is no plain value"),
    ("nn.Linear(784, 512)", "nn.Linear(784, -5)", "out_features must be a whole number"),
    ("nn.Linear(784, 512)", "nn.Linear(784, 512, device='cpu')", "has no setting device"),
    ("hidden1 = self.hidden1(flatten)", "hidden1 = self.hidden1(nothing)", "nothing is not computed above"),
    ("hidden1 = self.hidden1(flatten)", "hidden1 = self.hidden9(flatten)", "self.hidden9 is not created"),
    ("hidden1 = self.hidden1(flatten)", "hidden1 = open('/etc/passwd')", "here stands one call"),
    ("hidden1 = self.hidden1(flatten)", "while True: pass", "so there is no while"),
    ("from torch import nn", "import os", "only imports of PyTorch"),
    ("class Network(nn.Module)", "class Network(print('x'))", "must derive from nn.Module"),
    ("        super().__init__()", "        super().__init__(", "this is no Python"),
    ("        return logits", "        print(logits)", "must end by returning"),
]


@pytest.mark.parametrize(("old", "fresh", "reason"), LINES, ids=[fresh for _, fresh, _ in LINES])
def test_a_line_that_cannot_be_understood_is_named(old: str, fresh: str, reason: str) -> None:
    graph = new("mlp").graph
    text = source_of(graph).text.replace(old, fresh, 1)
    with pytest.raises(NotUnderstood) as caught:
        read(text, graph, frozenset(graph.nodes))
    troubles = caught.value.troubles
    assert any(reason in trouble.reason for trouble in troubles), troubles
    line = next(number for number, content in enumerate(text.split("\n"), 1) if fresh.strip() in content)
    assert any(abs(trouble.line - line) <= 3 for trouble in troubles)


def test_all_lines_in_the_way_are_named_at_once() -> None:
    graph = new("mlp").graph
    text = source_of(graph).text.replace("nn.Linear(784, 512)", "nn.Magic()").replace("nn.ReLU()", "nn.Trick()")
    with pytest.raises(NotUnderstood) as caught:
        read(text, graph, frozenset(graph.nodes))
    assert len({trouble.line for trouble in caught.value.troubles}) >= 3


@given(any_graphs())
@settings(max_examples=EXAMPLES)
def test_any_words_give_a_drawing_or_reasons(graph: Graph) -> None:
    text = source_of(new("spiral").graph).text
    words = text.split(" ")
    mixed = " ".join(words[len(graph.nodes) :] + words[: len(graph.wires)])
    for candidate in (mixed, text.replace("relu1", "x", len(graph.wires)), text[: -17 * len(graph.nodes)]):
        try:
            read(candidate, graph, frozenset())
        except NotUnderstood as error:
            assert error.troubles


def test_classes_that_contain_each_other_are_refused() -> None:
    unit = (
        "class {0}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.part = {1}()\n\n"
        "    def forward(self, x):\n        part = self.part(x)\n        return part\n\n\n"
    )
    text = "from torch import nn\n\n\n" + unit.format("A", "B") + unit.format("B", "A") + unit.format("Network", "A")
    with pytest.raises(NotUnderstood, match="A cannot contain itself"):
        read(text, Graph(), frozenset())


def test_results_that_are_thrown_away_do_not_hide_their_block() -> None:
    graph = row(Graph(), "", x=Input(shape=(4, 5)), parts=Unbind(dim=-1, parts=5), y=Output())
    graph = graph.disconnect(*graph.into("y")).connect(Wire("parts", "part5", "y", "input"))
    text = source_of(graph).text
    assert source_of(read(text, graph, frozenset(graph.nodes))).text == text
    assert source_of(read(text, graph.part(["x"]), frozenset())).text == text


@pytest.mark.parametrize("port", ["output", "hidden"])
@pytest.mark.parametrize("last_step", [True, False])
def test_the_last_step_of_a_recurrent_block_is_read_back(port: str, last_step: bool) -> None:
    graph = row(Graph(), "", x=Input(shape=(7, 5)), gru=GRU(hidden_size=3, last_step=last_step), y=Output())
    graph = graph.disconnect(*graph.into("y")).connect(Wire("gru", port, "y", "input"))
    text = source_of(graph).text
    assert read(text, graph, frozenset(graph.nodes)).nodes["gru"] is graph.nodes["gru"]
    if port == "output":
        assert read(text, graph.part(["x"]), frozenset()).nodes["gru"].block == graph.nodes["gru"].block


def test_a_stack_of_layers_that_was_not_touched_stays() -> None:
    graph = row(Graph(), "", x=Input(shape=(6, 4)), encoder=TransformerEncoder(nhead=2), relu=ReLU(), y=Output())
    changed = edited(graph, ("nn.ReLU()", "nn.Tanh()"))
    assert changed.nodes["encoder"] is graph.nodes["encoder"]
    assert changed.nodes["relu"].block.kind() == "Tanh"


def test_numbered_blocks_that_nothing_reads_keep_what_feeds_them() -> None:
    inner = row(Graph(), "", x=Input(), flat=Reshape(), relu=ReLU())
    inner = row(inner, "x", tanh=Tanh(), y=Output())
    graph = row(Graph(), "", x=Input(shape=(3, 4)), part=replace(Group(numbered=True), graph=inner), y=Output())
    text = source_of(graph).text
    assert source_of(read(text, graph, frozenset(graph.nodes))).text == text


def test_a_parameter_that_nothing_reads_stays_beside_numbered_blocks() -> None:
    inner = row(row(Graph(), "", token=Parameter(shape=(3,))), "", x=Input(), relu=ReLU(), y=Output())
    graph = row(Graph(), "", x=Input(shape=(3,)), part=replace(Group(numbered=True), graph=inner), y=Output())
    text = source_of(graph).text
    assert source_of(read(text, graph, frozenset(graph.nodes))).text == text


def test_a_row_keeps_its_blocks_beside_one_that_feeds_nothing() -> None:
    shape = (1, 8, 8)
    inner = Graph().add(
        Node("relu1", ReLU()), Node("tanh1", Tanh()), Node("input", Input(shape=shape)), Node("output", Output())
    )
    inner = inner.connect(Wire("input", "output", "relu1", "input"), Wire("input", "output", "tanh1", "input"))
    inner = inner.connect(Wire("tanh1", "output", "output", "input"))
    outer = Graph().add(Node("input", Input(shape=shape)), Node("sum", Add()))
    outer = outer.add(Node("inside", Group(class_name="Inside", numbered=True, graph=inner)), Node("output", Output()))
    outer = outer.connect(Wire("input", "output", "sum", "input"), Wire("input", "output", "sum", "other"))
    outer = outer.connect(Wire("input", "output", "inside", "input"), Wire("inside", "output", "output", "input"))
    group = Group(class_name="Outside", numbered=True, graph=outer)
    compare_text(row(Graph(), "", picture=Input(shape=shape), group=group, answer=Output()))


def test_lines_that_wait_for_nothing_keep_their_order() -> None:
    inner = Graph().add(Node("constant1", Constant()), Node("relu1", ReLU()), Node("relu2", ReLU()))
    inner = inner.add(Node("input", Input(shape=(4,))), Node("one", Output()), Node("two", Output()))
    inner = inner.connect(Wire("input", "output", "relu1", "input"), Wire("constant1", "output", "relu2", "input"))
    inner = inner.connect(Wire("relu1", "output", "one", "input"), Wire("relu2", "output", "two", "input"))
    graph = Graph().add(Node("points", Input(shape=(4,))), Node("group", Group(class_name="Pair", graph=inner)))
    graph = graph.add(Node("answer", Output())).connect(Wire("points", "output", "group", "input"))
    compare_text(graph.connect(Wire("group", "two", "answer", "input")))


def test_tables_are_no_numbered_modules() -> None:
    inner = Graph().add(Node("buffer1", Buffer()), Node("relu1", ReLU()), Node("tanh1", Tanh()))
    inner = inner.add(Node("input", Input(shape=(4,))), Node("output", Output()))
    inner = inner.connect(Wire("input", "output", "relu1", "input"), Wire("input", "output", "tanh1", "input"))
    inner = inner.connect(Wire("buffer1", "output", "output", "input"))
    group = Group(class_name="Numbered", numbered=True, graph=inner)
    compare_text(row(Graph(), "", points=Input(shape=(4,)), group=group, answer=Output()))

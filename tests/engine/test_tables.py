"""Tables of fixed numbers: a short text means exactly these, in code, in files and read back; others are refused."""

from __future__ import annotations

import ast
import json
import struct
from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from safetensors.torch import save
from torch import nn

from engine.blocks.base import Ids
from engine.blocks.data import Input, Output
from engine.blocks.number_parser import LONGEST, parsed
from engine.blocks.number_text import LARGEST, BadNumbers, Number, Pick, Range, Repeat, Tree, numbers, row, total
from engine.blocks.tables import Buffer, IndexSelect
from engine.check import check
from engine.cost.weights_size import weights_size
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.importing.layouts import CannotDraw
from engine.importing.tables import reals, table_text
from engine.lower import lower, write
from engine.model import build
from engine.project import Project, ProjectError, dumps, loads
from engine.reading.tables import buffer_of
from tests.engine.test_manners import compare_manners

FLOAT32 = st.floats(width=32, allow_nan=False).map(lambda one: one + 0.0)


def made(block: Buffer) -> torch.Tensor:
    """The tensor that a block's own code makes."""
    found = eval(str(block.layer()), {"torch": torch, "nn": nn})
    assert isinstance(found, torch.Tensor)
    return found.detach()


@st.composite
def trees(draw: DrawFn, depth: int = 3) -> Tree:
    """Anything that a text of whole numbers can say."""
    kind = draw(st.sampled_from(("number", "range", "repeat", "row", "sum", "pick") if depth else ("number", "range")))
    if kind == "number":
        return Number(draw(st.integers(-50, 50)))
    if kind == "range":
        start, count, step = draw(st.tuples(st.integers(-9, 9), st.integers(1, 5), st.sampled_from((-3, -1, 1, 7))))
        return Range(start, start + count * step, step)
    inner = draw(trees(depth - 1))
    if kind == "repeat":
        return Repeat(inner, draw(st.integers(2, 4)))
    if kind == "pick":
        places = draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
        base = Repeat(inner, 1 + max(places)) if max(places) else inner
        return Pick(base, row(*map(Number, places)))
    return (row if kind == "row" else total)(inner, draw(trees(depth - 1)))


@given(trees(), st.sampled_from(("int64", "float32")))
@settings(max_examples=60)
def test_code_makes_the_numbers_that_a_text_means_and_is_read_back(tree: Tree, dtype: str) -> None:
    known = numbers(tree)
    block = Buffer(shape=(len(known),), data=str(tree), dtype=dtype)
    assert block.data == str(tree)
    assert torch.equal(made(block), torch.tensor(known, dtype=getattr(torch, dtype)))
    call = ast.parse(str(block.layer()), mode="eval").body
    assert isinstance(call, ast.Call)
    read = buffer_of(call, 1)
    assert numbers(parsed(read.data)) == known
    assert torch.equal(made(read), made(block))
    assert read.dtype == dtype


@st.composite
def patterned(draw: DrawFn, entries: SearchStrategy[Any]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Numbers with a shape: at random, or rows that come again."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
    few = draw(st.lists(entries, min_size=1, max_size=draw(st.sampled_from((1, 2, 3, 200)))))
    rows = [[few[draw(st.integers(0, len(few) - 1))] for _ in range(shape[-1])] for _ in range(2)]
    found = [value for _ in range(prod(shape[:-1])) for value in rows[draw(st.integers(0, 1))]]
    return tuple(found), shape


@given(patterned(st.integers(-300, 300)))
@settings(max_examples=60)
def test_whole_tables_are_written_exactly(table: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    values, shape = table
    block = Buffer(shape=shape, data=table_text(values, shape), dtype="int64")
    assert torch.equal(made(block), torch.tensor(values).reshape(shape))


@given(patterned(FLOAT32))
@settings(max_examples=60)
def test_real_tables_are_written_exactly(table: tuple[tuple[float, ...], tuple[int, ...]]) -> None:
    values, shape = table
    block = Buffer(shape=shape, data=table_text(reals(values), shape))
    assert made(block).flatten().tolist() == [struct.unpack("f", struct.pack("f", value))[0] for value in values]


def test_places_in_a_window_are_a_short_sum() -> None:
    down, across = torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")
    places = torch.stack([down.flatten(), across.flatten()])
    apart = places[:, :, None] - places[:, None, :] + 6
    index = (13 * apart[0] + apart[1]).flatten()
    text = table_text(tuple(index.tolist()), (2401,))
    assert text == "84:175:13 + 0:7 + 0:-91:-13 + 0:-7:-1"
    assert torch.equal(made(Buffer(shape=(2401,), data=text, dtype="int64")), index)


def test_coordinates_are_written_column_by_column() -> None:
    steps = torch.linspace(-8, 8, 15).abs().add(1).log2() * torch.linspace(-8, 8, 15).sign() / 3
    table = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), dim=-1)
    text = table_text(reals(table.flatten().tolist()), tuple(table.shape))
    assert len(text) < 300
    assert torch.equal(made(Buffer(shape=tuple(table.shape), data=text)), table)


def test_a_large_table_without_a_pattern_is_refused() -> None:
    values = tuple(torch.randn(40_000, generator=torch.Generator().manual_seed(0)).tolist())
    with pytest.raises(CannotDraw, match="without a pattern"):
        table_text(reals(values), (40_000,))


HOSTILE = (
    "",
    "one",
    "1 2]",
    "(1",
    "1 +",
    "1*0",
    "5:5",
    "0:9:0",
    "1:2:3:4",
    "1.5 + 2",
    "1e99",
    "1e999",
    "nan",
    "9" * 400,
    "1 2 3[0 3]",
    "1 2[-1]",
    "1 2[0.5]",
    "0:99999999999999999",
    "(0*1000000)*1000000",
    "(((0*1000)*1000)*1000)*1000",
    " + ".join(["0:1000"] * 9),
    " + ".join(["0:2"] * 5000),
    "(" * 5000 + "1" + ")" * 5000,
    "__import__('os')",
    "[" * 3000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_tables_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadNumbers):
        parsed(text)
    error = evaluate(Buffer(shape=(3,), data=text), ()).error
    assert error is not None
    assert "cannot be read" in str(error) and "needs 3 numbers" in str(error)
    fixed = Buffer(shape=(3,), data=text).changed(**dict(error.repairs[0].values))
    assert evaluate(fixed, ()).shapes == ((3,),)


@given(st.text(alphabet="0123456789 :*+()[].,-einf", max_size=40))
@settings(max_examples=200)
def test_any_text_is_numbers_or_is_refused(text: str) -> None:
    try:
        found = numbers(parsed(text))
    except BadNumbers as error:
        assert str(error)
        return
    assert 1 <= len(found) <= LARGEST
    assert numbers(parsed(str(parsed(text)))) == found


def drawing(block: Buffer) -> Graph:
    """A table beside an Input."""
    nodes = (Node("picture", Input(shape=(2,))), Node("table", block), Node("answer", Output()))
    return Graph().add(*nodes).connect(Wire("table", "output", "answer", "input"))


def test_a_file_with_a_text_too_long_is_refused_with_a_sentence() -> None:
    data = json.loads(dumps(Project(drawing(Buffer()))))
    data["nodes"][1]["settings"]["data"] = "1 " * LONGEST
    with pytest.raises(ProjectError, match="at most 100,000 characters"):
        loads(json.dumps(data))
    data["nodes"][1]["settings"]["data"] = [1, 2, 3]
    with pytest.raises(ProjectError, match="data must be text"):
        loads(json.dumps(data))


@pytest.mark.parametrize("block", [
    Buffer(shape=(2, 3), data="0:6", dtype="int64"),
    Buffer(shape=(2, 2), data="(1 -inf)*2"),
    Buffer(shape=(3, 100), data=" ".join(str(place * place % 97) for place in range(300)), persistent=False),
], ids=["ids", "mask", "listed"])  # fmt: skip
def test_a_table_is_kept_in_the_file_and_saved_with_the_weights(block: Buffer) -> None:
    graph = drawing(block)
    assert loads(dumps(Project(graph))).graph == graph
    source = write(lower(graph, check(graph)))
    assert max(map(len, source.text.split("\n"))) <= 120
    network = build(source)
    assert list(network.state_dict()) == (["table"] if block.persistent else [])
    assert not list(network.parameters())
    answer = network(torch.zeros(4, 2))
    assert answer.shape == (4, *block.shape)
    assert torch.equal(answer[3], made(block))
    assert answer.dtype is (torch.int64 if block.dtype == "int64" else torch.float32)
    assert weights_size(graph, check(graph).blocks) == len(save(dict(network.state_dict())))


def looking_up() -> Graph:
    """Learned rows that a table of places brings into an order, as shifted windows do."""
    graph = Graph().add(
        Node("input", Input(shape=(6, 4))),
        Node("listed", Buffer(shape=(4,), data="(0 2)*2", dtype="int64")),
        Node("pick", IndexSelect()),
        Node("output", Output()),
    )
    wires = (Wire("input", "output", "pick", "input"), Wire("listed", "output", "pick", "index"))
    return graph.connect(*wires, Wire("pick", "output", "output", "input"))


def test_rows_are_looked_up_in_every_manner() -> None:
    graph = looking_up()
    compare_manners(graph)
    network = build(write(lower(graph, check(graph))))
    examples = torch.randn(5, 6, 4)
    assert torch.equal(network(examples), examples[:, [0, 2, 0, 2]])


def test_each_example_looks_its_own_rows_up() -> None:
    block = IndexSelect()
    assert evaluate(block, ((5, 2), Ids((3,)))).shapes == ((3, 2),)
    assert "needs whole numbers" in str(evaluate(block, ((5, 2), (3,))).error)
    assert "one list" in str(evaluate(block, ((5, 2), Ids((3, 1)))).error)
    assert "at least one dimension" in str(evaluate(block, ((), Ids((3,)))).error)

"""Every block keeps its promises to PyTorch. A new block is tested by existing."""

from __future__ import annotations

import inspect
import os
import warnings
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.blocks import BLOCKS, FAMILIES, Block, Shape
from engine.blocks.activation import AlongDimension
from engine.blocks.data import Input, Output
from engine.blocks.normalisation import LayerNorm
from engine.evaluation import evaluate
from engine.program import TAKEN, Variable, is_name
from tests.engine.strategies import INNER, cases

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "60"))
"""How many examples each block gets; the agreement itself was established with many times more."""

DERIVED = {"in_channels", "in_features", "num_features", "num_channels", "normalized_shape"}
"""What PyTorch asks for and the incoming shape tells."""

OUR_OWN = {"Concatenate.tensors", "Concatenate.dim", "LayerNorm.dimensions", "Reshape.shape", "Add.alpha"}
"""Settings that are no parameters of a PyTorch class."""

Case = tuple[Block, tuple[Shape, ...]]

every_inner_block = pytest.mark.parametrize("kind", INNER, ids=lambda kind: kind.__name__)
every_block = pytest.mark.parametrize("kind", BLOCKS.values(), ids=lambda kind: kind.__name__)


def make_layer(block: Block, shapes: tuple[Shape, ...]) -> nn.Module | None:
    layer = block.layer(*shapes)
    made: nn.Module | None = eval(str(layer), {"nn": nn, "torch": torch}) if layer else None
    return made


def run(block: Block, layer: nn.Module | None, shapes: tuple[Shape, ...], batch: int) -> Shape:
    names = [Variable(f"x{number}") for number in range(len(shapes))]
    scope: dict[str, Any] = {"nn": nn, "torch": torch, "self": SimpleNamespace(me=layer)}
    scope.update({name: torch.zeros(batch, *shape) for name, shape in zip(names, shapes, strict=True)})
    return tuple(eval(str(block.apply("me", *names)), scope).shape)


def pytorch_says(block: Block, shapes: tuple[Shape, ...], device: str) -> Shape | None:
    """The size of one example that PyTorch makes with two and with three examples, or None if it refuses."""
    if isinstance(block, AlongDimension) and any(getattr(block, "dim", 0) in (0, -len(s) - 1) for s in shapes):
        return None  # PyTorch would mix the examples of a batch without a word
    if isinstance(block, LayerNorm) and block.dimensions > len(shapes[0]):
        return None  # how many dimensions there are to normalise is a setting of ours alone
    try:
        with warnings.catch_warnings(), torch.device(device):
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
            layer = make_layer(block, shapes)
            two, three = run(block, layer, shapes, 2), run(block, layer, shapes, 3)
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, UserWarning):
        return None
    if two[:1] != (2,) or three[:1] != (3,) or two[1:] != three[1:]:
        return None  # the examples of a batch got mixed
    return two[1:]


def needs_storage(block: Block) -> bool:
    """Softmax checks its dimension, and a batch norm that averages all batches counts them, only with real tensors."""
    return isinstance(block, AlongDimension) or block.values().get("momentum", 0.1) is None


def ours(block: Block, shapes: tuple[Shape, ...]) -> Shape | None:
    outcome = evaluate(block, shapes)
    return None if outcome.error else outcome.shapes[0]


@every_inner_block
def test_a_block_accepts_refuses_and_shapes_as_pytorch_does(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES)
    @given(cases(kind))
    def agree(case: Case) -> None:
        assert ours(*case) == pytorch_says(*case, "cpu" if needs_storage(case[0]) else "meta")

    agree()


@every_inner_block
def test_a_block_agrees_with_real_tensors(kind: type[Block]) -> None:
    """PyTorch leaves out some checks on tensors without storage, such as those of padding."""

    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        outcome = evaluate(*case)
        if outcome.parameters < 1_000_000:
            assert ours(*case) == pytorch_says(*case, "cpu")

    agree()


@every_inner_block
def test_parameters_are_counted_as_pytorch_counts_them(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind))
    def agree(case: Case) -> None:
        outcome = evaluate(*case)
        if outcome.error:
            return
        with torch.device("meta"):
            layer = make_layer(*case)
        assert outcome.parameters == sum(p.numel() for p in (layer.parameters() if layer else ()))

    agree()


@pytest.mark.parametrize("kind", [BLOCKS["Conv2d"], BLOCKS["Linear"]], ids=lambda kind: kind.__name__)
def test_multiply_accumulates_are_half_of_pytorchs_operations(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        block, shapes = case
        outcome = evaluate(block, shapes)
        if outcome.error:
            return
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            run(block, make_layer(block, shapes), shapes, 1)
        assert outcome.macs == counter.get_total_flops() / 2

    agree()


@every_inner_block
def test_defaults_and_required_settings_are_pytorchs(kind: type[Block]) -> None:
    if not kind.torch_name.startswith("nn."):
        return
    signature = inspect.signature(getattr(nn, kind.torch_name.removeprefix("nn.")))
    known = dict(signature.parameters)
    rows = {row.name: row for row in kind.params() if f"{kind.__name__}.{row.name}" not in OUR_OWN}
    assert rows.keys() <= known.keys()
    defaults = {name: p.default for name, p in known.items()}
    for name, row in rows.items():
        assert row.required or row.default == defaults[name]
    without = {n for n, p in known.items() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD}
    optional = {name for name, row in rows.items() if row.required and name not in without}
    assert optional <= {"dim"}, "Softmax and LogSoftmax guess a dimension with a warning, so we state it"
    assert without - DERIVED <= {name for name, row in rows.items() if row.required}


@every_block
def test_a_block_explains_itself(kind: type[Block]) -> None:
    assert kind.summary().rstrip().endswith((".", ")"))
    assert not [row.name for row in kind.params() if not row.help.endswith(".")]
    assert kind.family in FAMILIES
    assert kind.title and kind.accepts
    assert is_name(f"{kind.short_name}1")
    kind().key_settings()


@every_block
def test_ports_are_named_once_and_can_be_variables(kind: type[Block]) -> None:
    block = kind()
    for ports in (block.input_ports(), block.output_ports()):
        assert len(set(ports)) == len(ports)
        assert all(port.isidentifier() for port in ports)


@every_block
def test_settings_read_back_what_they_say(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES // 6)
    @given(cases(kind))
    def agree(case: Case) -> None:
        block, _ = case
        assert type(block).read(block.values()) == block
        assert hash(type(block).read(block.values())) == hash(block)

    agree()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_input_gives_its_shape_and_output_takes_any(sizes: list[int]) -> None:
    shape = tuple(sizes)
    assert evaluate(Input(shape=shape), ()).shapes == (shape,)
    assert evaluate(Output(), (shape,)).error is None


def test_names_that_pytorch_uses_are_taken() -> None:
    assert {name for name in dir(nn.Module()) if not name.startswith("_")} <= TAKEN

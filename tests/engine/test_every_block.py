"""Every block keeps its promises to PyTorch. A new block is tested by existing."""

from __future__ import annotations

import ast
import inspect
import os
import re
import warnings
from math import prod
from types import SimpleNamespace
from typing import Any, get_overloads

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from engine.blocks import FAMILIES, Block, Shape
from engine.blocks.base import Ids
from engine.blocks.data import Input, Output
from engine.blocks.help import help_of
from engine.evaluation import evaluate
from engine.program import TAKEN, Statement, Variable, is_name
from engine.writing.expressions import BARE
from tests.engine.strategies import INNER, KINDS, cases, shapes

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "25"))
"""How many examples each block gets; the agreement itself was established with many times more."""

LABS = range(1, 88)
"""Numbers of the labs of the curriculum."""

OUR_OWN = {"dimensions", "per_channel", "last_step", "causal", "average_attn_weights"}
"""Settings that are no parameters of a PyTorch class: counts of what is derived, and options of `forward`."""

WRAPS_ANOTHER = {"TransformerEncoder", "TransformerDecoder"}
"""Classes whose first argument is a layer, made from most of the block's settings."""

ALWAYS_STATED = {"dim", "scale_factor", "output_ratio"}
"""Softmax guesses a dimension with a warning; Upsample and FractionalMaxPool refuse to be made without these."""

READS_BATCH_AS_CHANNELS = {"Softmax2d": 2, "Dropout1d": 1, "Dropout3d": 3, "RNN": 1, "LSTM": 1, "GRU": 1}
"""Classes that also take one example without a batch. With one dimension less they mistake a batch for that."""

COMPARES_ALONG_A_DIMENSION = {"PairwiseDistance", "CosineSimilarity"}
"""Blocks that match two tensors and then sum. With different ranks the batch meets a dimension that is summed away."""

DRAWS_AT_RANDOM = ("Fractional",)
"""How blocks begin that draw at random also after training."""

COUNT_OF_RESULT = {"Stack", "Unsqueeze"}
"""Blocks whose `dim` is a dimension of what comes out."""

UNCOUNTED = {"Bilinear"}
"""Blocks that multiply and accumulate in an operation of their own, which PyTorch's counter leaves out."""

Case = tuple[Block, tuple[Shape, ...]]

every_inner_block = pytest.mark.parametrize("kind", INNER, ids=lambda kind: kind.__name__)
every_block = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def make_layer(block: Block, sizes: tuple[Shape, ...]) -> Any:
    """The module (or the learned tensor) that a block creates, or None."""
    layer = block.layer(*sizes)
    return eval(str(layer), {"nn": nn, "torch": torch}) if layer else None


def zeros(sizes: tuple[Shape, ...], batch: int) -> list[Tensor]:
    """A batch of examples of these sizes on the present device; ids where they are due."""
    return [torch.zeros(batch, *s, dtype=torch.int64 if isinstance(s, Ids) else None) for s in sizes]


def random(sizes: tuple[Shape, ...], batch: int, known: int) -> list[Tensor]:
    """The same with numbers that differ; ids below `known`."""
    return [torch.randint(known, (batch, *s)) if isinstance(s, Ids) else torch.randn(batch, *s) for s in sizes]


def ids_known(block: Block) -> int:
    """How many different ids a block can be given."""
    values = block.values()
    return min(3, int(values.get("num_embeddings", values.get("num_classes", 3))))


def scope_for(block: Block, layer: Any, tensors: list[Tensor], batch: int) -> tuple[list[Variable], dict[str, Any]]:
    """Names for the tensors that a block gets, and what its code can see."""
    if block.from_batch:
        tensors = [*tensors, torch.zeros(batch, 1)]
    names = [Variable(f"x{number}") for number in range(len(tensors))]
    training = layer.training if isinstance(layer, nn.Module) else True
    me = SimpleNamespace(me=layer, training=training)
    return names, {"nn": nn, "torch": torch, "F": F, "self": me, **dict(zip(names, tensors, strict=True))}


def compute(
    block: Block, layer: Any, tensors: list[Tensor], batch: int, *, training: bool = True, unread: tuple[int, ...] = ()
) -> list[Tensor]:
    """Run a block's lines as a program would; the outputs that nothing reads are left out."""
    names, scope = scope_for(block, layer, tensors, batch)
    scope["self"].training = training
    results = tuple("_" if n in unread else f"r{n}" for n in range(len(block.output_ports())))
    for line in block.statements("me", results, *names):
        exec(str(line), scope)
    return [scope[name] for name in results if name != "_"]


def size_of(result: Tensor) -> Shape | None:
    """The size of one example of a result, as ids if it holds whole numbers; None for no tensor of a network.

    PyTorch slices and pads down to nothing; a drawing has no tensors without numbers, so blocks refuse that.
    """
    if not result.numel():
        return None
    if result.dtype == torch.int64:
        return Ids(result.shape[1:])
    return tuple(result.shape[1:]) if result.is_floating_point() else None


def pytorch_says(block: Block, sizes: tuple[Shape, ...], device: str) -> tuple[Shape | None, ...] | None:
    """The sizes of one example that PyTorch makes with two and with three examples, or None if it refuses."""
    if touches_batch(block, sizes):
        return None  # PyTorch would mix the examples of a batch without a word
    if sizes and READS_BATCH_AS_CHANNELS.get(block.kind()) == len(sizes[0]):
        return None
    if sizes and block.values().get("dimensions", 0) > len(sizes[0]):
        return None  # how many dimensions there are to normalise is a setting of ours alone
    try:
        with warnings.catch_warnings(), torch.device(device):
            warnings.simplefilter("error")
            for harmless in ("Using padding='same' with even kernel lengths", "LSTM with projections"):
                warnings.filterwarnings("ignore", harmless)
            layer = make_layer(block, sizes)
            two, three = (compute(block, layer, zeros(sizes, batch), batch) for batch in (2, 3))
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, ZeroDivisionError, UserWarning):
        return None
    if any(one.shape[:1] != (2,) for one in two) or any(one.shape[:1] != (3,) for one in three):
        return None  # the examples of a batch got mixed
    if [one.shape[1:] for one in two] != [one.shape[1:] for one in three]:
        return None
    found = tuple(map(size_of, two))
    return None if None in found else found


def touches_batch(block: Block, sizes: tuple[Shape, ...]) -> bool:
    """Whether the block is asked to work along dimension 0. What comes out may well look harmless."""
    if block.kind() in COMPARES_ALONG_A_DIMENSION and len(set(map(len, sizes))) > 1:
        return True
    if not sizes or block.kind() in COUNT_OF_RESULT:
        return False
    found: list[Any] = [block.values().get(name) for name in ("dim", "dim0", "dim1")]
    found += block.values().get("dims", ()) if block.kind() != "Permute" else ()
    flat = [one for entry in found for one in (entry if isinstance(entry, tuple) else (entry,))]
    return 0 in flat or -len(sizes[0]) - 1 in flat


def needs_storage(block: Block) -> bool:
    """Whether PyTorch checks something only with real tensors.

    Softmax checks its dimension, a batch norm that averages all batches counts them, a variance warns of too few
    numbers, a vector norm notices that a dimension of size 1 is named twice, a transposed convolution that its
    output_padding is too large.
    """
    values = block.values()
    along = block.family == "activation" and "dim" in values
    averages = values.get("momentum", 0.1) is None
    return along or averages or "correction" in values or "ord" in values or values.get("output_padding", 0) != 0


def ours(block: Block, sizes: tuple[Shape, ...]) -> tuple[Shape, ...] | None:
    outcome = evaluate(block, sizes)
    return None if outcome.error else outcome.shapes


def countable(case: Case) -> bool:
    """Whether PyTorch can count the bytes in 63 bits. The drawing is refused for its memory long before."""
    outcome = evaluate(*case)
    return outcome.parameters < 2**50 and all(prod(shape) < 2**50 for shape in outcome.shapes)


def small(case: Case) -> bool:
    """Whether real tensors of this size are quickly made."""
    block, sizes = case
    outcome = evaluate(block, sizes)
    return outcome.parameters < 1_000_000 and all(prod(s) < 1_000_000 for s in (*sizes, *outcome.shapes))


def accepted(case: Case) -> bool:
    return evaluate(*case).error is None and small(case)


@every_inner_block
def test_a_block_accepts_refuses_and_shapes_as_pytorch_does(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES)
    @given(cases(kind))
    def agree(case: Case) -> None:
        if countable(case):
            assert ours(*case) == pytorch_says(*case, "cpu" if needs_storage(case[0]) else "meta")

    agree()


@every_inner_block
def test_a_block_agrees_with_real_tensors(kind: type[Block]) -> None:
    """PyTorch leaves out some checks on tensors without storage, such as those of padding."""

    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        if small(case):
            assert ours(*case) == pytorch_says(*case, "cpu")

    agree()


@every_inner_block
def test_weights_and_buffers_are_pytorchs(kind: type[Block]) -> None:
    """Names and shapes: what is frozen, counted, saved and given initial values goes by them."""

    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind))
    def agree(case: Case) -> None:
        block, sizes = case
        outcome = evaluate(*case)
        if outcome.error or not countable(case):
            return
        with torch.device("meta"):
            layer = make_layer(*case)
        modules = layer if isinstance(layer, nn.Module) else nn.Module()
        learned = {"": layer} if isinstance(layer, nn.Parameter) else dict(modules.named_parameters())
        assert dict(block.weights(*sizes)) == {name: tuple(weight.shape) for name, weight in learned.items()}
        buffers = {"": layer} if isinstance(layer, nn.Buffer) and layer.persistent else dict(modules.named_buffers())
        kept = {name: tuple(buffer.shape) for name, buffer in buffers.items()}
        assert {name: tuple(shape) for name, shape in block.buffers(*sizes).items()} == kept
        assert outcome.parameters == sum(weight.numel() for weight in learned.values())
        assert block.running_statistics or "running_mean" not in kept

    agree()


@every_inner_block
def test_multiply_accumulates_are_half_of_pytorchs_operations(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        block, sizes = case
        outcome = evaluate(block, sizes)
        if outcome.error or kind.__name__ in UNCOUNTED or (needs_storage(block) and not small(case)):
            return
        with torch.device("cpu" if needs_storage(block) else "meta"), FlopCounterMode(display=False) as counter:
            compute(block, make_layer(block, sizes), zeros(sizes, 2), 2)
        assert outcome.macs == counter.get_total_flops() / 4

    agree()


@every_inner_block
def test_a_function_does_what_the_module_does(kind: type[Block]) -> None:
    """The functional style of the code: the same numbers, and the same random ones from the same seed."""

    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9), st.booleans())
    def agree(case: Case, training: bool) -> None:
        block, sizes = case
        if not accepted(case):
            return
        layer, tensors = make_layer(block, sizes), random(sizes, 2, ids_known(block))
        names, scope = scope_for(block, layer, tensors, 2)
        function = block.as_function(*names)
        if function is None:
            return
        assert isinstance(layer, nn.Module)
        assert not block.weights(*sizes)
        layer.train(training)
        scope["self"].training = training
        torch.manual_seed(0)
        expected = compute(block, layer, tensors, 2, training=training)
        torch.manual_seed(0)
        exec(str(Statement("result", function)), scope)
        assert len(expected) == 1
        torch.testing.assert_close(scope["result"], expected[0], rtol=1e-6, atol=1e-6, equal_nan=True)

    agree()


@every_inner_block
def test_the_examples_of_a_batch_know_nothing_of_each_other(kind: type[Block]) -> None:
    """What comes out for an example once training is over does not depend on its neighbours."""

    @settings(max_examples=EXAMPLES // 3)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        block, sizes = case
        own = block.values().get("track_running_stats") is False and kind.__name__.startswith("BatchNorm")
        if not accepted(case) or own or kind.__name__.startswith(DRAWS_AT_RANDOM):
            return  # without running statistics a batch norm takes the batch's own, also after training
        layer, tensors = make_layer(block, sizes), random(sizes, 3, ids_known(block))
        if isinstance(layer, nn.Module):
            layer.eval()
        whole = compute(block, layer, tensors, 3, training=False)
        for number in range(3):
            mine = [tensor[number : number + 1] for tensor in tensors]
            try:
                alone = compute(block, layer, mine, 1, training=False)
            except ValueError as error:  # some norms refuse to normalise one single number
                assert "Expected more than 1 value" in str(error)
                return
            for one, all_three in zip(alone, whole, strict=True):
                expected = all_three[number : number + 1]
                torch.testing.assert_close(one, expected, rtol=1e-4, atol=1e-5, equal_nan=True)

    agree()


@every_inner_block
def test_outputs_that_nothing_reads_may_be_left_out(kind: type[Block]) -> None:
    @settings(max_examples=EXAMPLES // 6)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        block, sizes = case
        ports = range(len(block.output_ports()))
        if not accepted(case) or len(ports) < 2:
            return
        with torch.device("meta"):
            layer, tensors = make_layer(block, sizes), zeros(sizes, 2)
            whole = compute(block, layer, tensors, 2)
            for read in ports:
                (one,) = compute(block, layer, tensors, 2, unread=tuple(n for n in ports if n != read))
                assert one.shape == whole[read].shape

    agree()


def pytorchs_parameters(kind: type[Block]) -> dict[str, inspect.Parameter]:
    """What PyTorch's class can be told; the recurrent ones say it only to type checkers, and some take nothing."""
    made = getattr(nn, kind.torch_name.removeprefix("nn."))
    known = dict(inspect.signature(next(iter(get_overloads(made.__init__)), made)).parameters)
    return {name: row for name, row in known.items() if name not in ("self", "args", "kwargs")}


@every_inner_block
def test_defaults_and_required_settings_are_pytorchs(kind: type[Block]) -> None:
    if not kind.torch_name.startswith("nn.") or kind.torch_name in BARE:
        return
    known = pytorchs_parameters(kind)
    rows = {row.name: row for row in kind.params() if row.name not in OUR_OWN}
    if kind.__name__ in WRAPS_ANOTHER:
        rows = {name: row for name, row in rows.items() if name in known and name != "norm"}
    assert rows.keys() <= known.keys()
    defaults = {name: getattr(p.default, "__name__", p.default) for name, p in known.items()}
    for name, row in rows.items():
        assert row.required or row.default == defaults[name]
    without = {n for n, p in known.items() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD}
    optional = {name for name, row in rows.items() if row.required and name not in without}
    assert optional <= ALWAYS_STATED
    assert without - set(kind.derived) <= {name for name, row in rows.items() if row.required}
    assert set(kind.derived) <= known.keys() - rows.keys()


@every_inner_block
def test_positional_arguments_go_by_pytorchs_names(kind: type[Block]) -> None:
    """A style of code that states every name relies on them."""
    if not kind.torch_name.startswith("nn.") or kind.torch_name in BARE:
        return
    known = tuple(pytorchs_parameters(kind))

    @settings(max_examples=EXAMPLES // 6)
    @given(cases(kind, largest=9))
    def agree(case: Case) -> None:
        if evaluate(*case).error:
            return
        layer = case[0].layer(*case[1])
        assert layer is not None
        assert layer.names == known[: len(layer.args)]
        assert {name for name, _ in layer.options} <= set(known)

    agree()


@every_block
def test_a_block_explains_itself(kind: type[Block]) -> None:
    assert kind.summary().rstrip().endswith((".", ")"))
    assert len(kind.summary()) <= 110
    assert not [row.name for row in kind.params() if not row.help.endswith(".")]
    assert kind.family in FAMILIES
    assert kind.title and kind.accepts
    assert is_name(f"{kind.short_name}1")
    kind().key_settings()


@every_block
def test_a_help_page_says_everything(kind: type[Block]) -> None:
    page = help_of(kind)
    sections = {"formula": page.formula, "in": page.takes, "out": page.gives, "use": page.use}
    assert not [name for name, text in sections.items() if not text]
    assert set(page.labs) <= set(LABS)


def read_shape(text: str) -> Shape:
    """A shape as people write it: `3×32×32`, `ids 12`, `one number`."""
    whole, text = text.startswith("ids "), text.removeprefix("ids ")
    sizes = () if text == "one number" else tuple(map(int, text.split("×")))
    return Ids(sizes) if whole else sizes


def read_shapes(text: str) -> tuple[Shape, ...]:
    return tuple(map(read_shape, filter(None, text.strip().split(", "))))


def read_example(text: str) -> tuple[str, dict[str, Any], tuple[Shape, ...], tuple[Shape, ...]]:
    """A line of a help page: the block's name, its settings, what goes in and what comes out."""
    parts = re.fullmatch(r"(\w+\(.*\)):(.*)→(.*)", text)
    assert parts, text
    made = ast.parse(parts[1], mode="eval").body
    assert isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and not made.args
    values = {word.arg or "": ast.literal_eval(word.value) for word in made.keywords}
    return made.func.id, values, read_shapes(parts[2]), read_shapes(parts[3])


@every_block
def test_the_examples_of_a_help_page_are_true(kind: type[Block]) -> None:
    examples = help_of(kind).examples
    assert examples
    for text in examples:
        name, values, given_sizes, expected = read_example(text)
        assert name == kind.__name__
        outcome = evaluate(kind.read(values), given_sizes)
        assert outcome.error is None
        assert outcome.shapes == expected


@every_inner_block
@given(shape=shapes())
@settings(max_examples=5)
def test_ids_go_only_where_they_mean_something(kind: type[Block], shape: Shape) -> None:
    block = kind()
    count = len(block.input_ports())
    if kind.ids == "refuses" and count:
        assert "Embedding" in str(evaluate(block, (Ids(shape),) * count).error)
    if kind.ids == "needs":
        assert "whole numbers" in str(evaluate(block, (shape,) * count).error)


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
    assert evaluate(Input(shape=shape, dtype="int64"), ()).shapes == (Ids(shape),)
    assert evaluate(Output(), (shape,)).error is None


def test_names_that_pytorch_uses_are_taken() -> None:
    assert {name for name in dir(nn.Module()) if not name.startswith("_")} <= TAKEN

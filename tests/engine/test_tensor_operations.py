"""Tensor operations compute the numbers that they promise, and leave the batch alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.blocks import BLOCKS, Block, Shape
from engine.blocks.arithmetic import Clamp, DropPath, Scale
from engine.blocks.base import Ids
from engine.blocks.constant import Constant, Parameter
from engine.blocks.indexing import OneHot, Select, Slice
from engine.blocks.merge import Add, Concatenate, MatMul, Stack, Subtract
from engine.blocks.reduction import Max, Mean, Var
from engine.blocks.resizing import Interpolate, Pad
from engine.blocks.shaping import Expand, Repeat, Reshape
from engine.blocks.splitting import Chunk, Split, Unbind
from engine.evaluation import evaluate
from engine.program import Variable
from tests.engine.test_every_block import compute, make_layer

X = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
"""Two examples of 3×4×5, all numbers different."""


def one(block: Block, *tensors: Tensor, training: bool = False) -> Tensor:
    """What a block without weights makes of a batch."""
    (result,) = compute(block, None, list(tensors), len(tensors[0]), training=training)
    return result


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Scale(factor=2.0, offset=-3.0), X * 2 - 3),
        (Scale(offset=1.5), X + 1.5),
        (Scale(), X),
        (Clamp(min=3.0, max=None), X.clamp(min=3)),
        (Clamp(min=None, max=0.0), X.clamp(max=0)),
        (Select(dim=2, index=-1), X[:, :, -1]),
        (Slice(dim=1, start=1), X[:, 1:]),
        (Slice(dim=-2, end=-1, step=2), X[:, :, :-1:2]),
        (Slice(dim=-1, start=-2), X[..., -2:]),
        (Reshape(shape=(5, -1)), X.reshape(2, 5, 12)),
        (Mean(dim=(2, 3)), X.mean((2, 3))),
        (Max(dim=(1,), keepdim=True), X.max(1, keepdim=True).values),
        (Var(dim=(-1,), correction=0), X.var(-1, correction=0)),
        (Pad(pad=(1, 2), value=7.0), torch.nn.functional.pad(X, (1, 2), value=7)),
        (Repeat(repeats=(1, 2, 1)), torch.cat((X, X), dim=2)),
        (Interpolate(scale_factor=(2.0, 1.0)), X.repeat_interleave(2, dim=2)),
    ],
    ids=lambda value: value.kind() if isinstance(value, Block) else "",
)
def test_numbers_are_those_that_the_name_promises(block: Block, expected: Tensor) -> None:
    torch.testing.assert_close(one(block, X), expected)


def test_two_tensors_meet_in_the_order_of_the_ports() -> None:
    torch.testing.assert_close(one(Subtract(alpha=2.0), X, X + 1), X - 2 * (X + 1))
    torch.testing.assert_close(one(Add(), X, X[:, :, :1]), X + X[:, :, :1])
    torch.testing.assert_close(one(MatMul(), X, X.mT), X @ X.mT)
    torch.testing.assert_close(one(Concatenate(dim=2), X, X + 1), torch.cat((X, X + 1), 2))
    torch.testing.assert_close(one(Stack(dim=-1), X, X + 1)[..., 1], X + 1)


@pytest.mark.parametrize(
    "block",
    [
        Split(split_size_or_sections=(1, 2), dim=1),
        Split(split_size_or_sections=(2,), parts=3, dim=3),
        Split(split_size_or_sections=(5,), parts=1, dim=3),
        Chunk(chunks=2, dim=2),
        Chunk(chunks=3, dim=-1),
    ],
    ids=str,
)
def test_parts_laid_behind_each_other_are_the_whole(block: Block) -> None:
    assert evaluate(block, ((3, 4, 5),)).error is None
    torch.testing.assert_close(torch.cat(compute(block, None, [X], 2), dim=block.values()["dim"]), X)


def test_unbound_parts_on_top_of_each_other_are_the_whole() -> None:
    torch.testing.assert_close(torch.stack(compute(Unbind(parts=3, dim=1), None, [X], 2), dim=1), X)


def test_drop_path_drops_whole_examples_and_only_while_training() -> None:
    ones = torch.ones(1000, 3, 2)
    torch.testing.assert_close(one(DropPath(p=0.25), ones), ones)
    torch.manual_seed(0)
    dropped = one(DropPath(p=0.25), ones, training=True)
    kept = dropped[:, 0, 0] != 0
    assert 700 < int(kept.sum()) < 800
    assert torch.equal(dropped, ones * kept[:, None, None] / 0.75)
    together = one(DropPath(p=0.25, mode="batch"), ones, training=True)
    assert torch.unique(together).numel() == 1
    assert not one(DropPath(p=1.0), ones, training=True).any()


def test_ids_become_rows_with_a_single_one() -> None:
    ids = torch.tensor([[0, 2], [1, 1]])
    rows = one(OneHot(num_classes=3), ids)
    assert rows.dtype == torch.float32
    assert torch.equal(rows.argmax(-1), ids)
    assert torch.equal(rows.sum(-1), torch.ones(2, 2))


def test_a_constant_is_real_even_beside_ids() -> None:
    scope: dict[str, Any] = {"torch": torch, "ids": torch.zeros(4, 7, dtype=torch.int64)}
    (line,) = Constant(shape=(3,), value=2.0).statements("me", ("c",), Variable("ids"))
    exec(str(line), scope)
    torch.testing.assert_close(scope["c"], torch.full((4, 3), 2.0))


@pytest.mark.parametrize("batch_dimension", [True, False])
def test_a_parameter_learns_from_every_example(batch_dimension: bool) -> None:
    block = Parameter(shape=(3, 4), fill="ones", batch_dimension=batch_dimension)
    weight = make_layer(block, ())
    assert weight.shape == ((1, 3, 4) if batch_dimension else (3, 4))
    (result,) = compute(block, weight, [], 5)
    (gradient,) = torch.autograd.grad(result.sum(), weight)
    assert result.shape == (5, 3, 4)
    assert torch.equal(gradient, torch.full_like(weight, 5.0))


def test_expanding_copies_nothing() -> None:
    column = X[:, :, :1]
    result = one(Expand(sizes=(-1, 9, -1)), column)
    assert result.data_ptr() == column.data_ptr()
    torch.testing.assert_close(result, column.repeat(1, 1, 9, 1))


ALONG = {
    "dim": ("Select", "Slice", "Split", "Chunk", "Unbind", "Stack", "Concatenate", "Squeeze", "Unsqueeze", "Argmax",
            "CumulativeSum", "Normalize", "Unflatten"),
    "dim0": ("Transpose",),
    "dim1": ("Transpose",),
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in ALONG.items() for kind in kinds])
def test_the_batch_is_left_alone(name: str, kind: str) -> None:
    refuses(BLOCKS[kind].read({name: 0}))


@pytest.mark.parametrize("kind", ["Mean", "Sum", "Max", "Min", "Std", "Var", "Norm", "LogSumExp"])
def test_the_batch_is_not_put_together(kind: str) -> None:
    refuses(BLOCKS[kind].read({"dim": (2, 0)}))
    refuses(BLOCKS[kind].read({"dim": (-4,)}))


@pytest.mark.parametrize("values", [{"kind": "Flip", "dims": (0,)}, {"kind": "Roll", "shifts": (1,), "dims": (0,)},
                                    {"kind": "Permute", "dims": (1, 0, 2, 3)}])  # fmt: skip
def test_the_batch_is_not_moved(values: dict[str, Any]) -> None:
    refuses(BLOCKS[values["kind"]].read({name: value for name, value in values.items() if name != "kind"}))


def refuses(block: Block) -> None:
    """Assert that the block refuses to touch the batch, says so, and has a repair that works."""
    inputs: tuple[Shape, ...] = ((3, 4, 5),) * len(block.input_ports())
    error = evaluate(block, inputs).error
    assert error and "batch" in error.needs and error.repairs
    mended = block.changed(**dict(error.repairs[0].values))
    again = evaluate(mended, inputs).error
    assert again is None or "batch" not in again.needs


@given(st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=30)
def test_repairs_of_parts_work(whole: int, parts: int) -> None:
    for block in (Chunk(chunks=parts), Unbind(parts=parts), Split(split_size_or_sections=(2,), parts=parts)):
        error = evaluate(block, ((whole,),)).error
        if error:
            assert evaluate(block.changed(**dict(error.repairs[0].values)), ((whole,),)).error is None


def test_ids_stay_ids_where_they_are_only_moved() -> None:
    assert evaluate(Slice(dim=1, end=3), (Ids((5,)),)).shapes == (Ids((3,)),)
    assert evaluate(Chunk(), (Ids((4,)),)).shapes == (Ids((2,)), Ids((2,)))
    assert evaluate(Concatenate(), (Ids((4,)), Ids((2,)))).shapes == (Ids((6,)),)
    assert evaluate(BLOCKS["Argmax"](), ((10,),)).shapes == (Ids(()),)

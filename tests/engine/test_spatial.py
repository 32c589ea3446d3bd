"""Blocks for sequences, pictures and volumes keep PyTorch's order, and say what their windows see and keep."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from engine.blocks import BLOCKS, Block, Shape
from engine.blocks.base import Reach
from engine.blocks.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose2d
from engine.blocks.padding import ReflectionPad2d, ZeroPad2d
from engine.blocks.pooling import AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d
from engine.blocks.pooling_rare import FractionalMaxPool2d, LPPool1d
from engine.blocks.unfolding import Fold
from engine.blocks.upsampling import PixelUnshuffle, Upsample
from engine.blocks.windows import Spatial
from engine.evaluation import evaluate

SPATIAL = [kind for kind in BLOCKS.values() if issubclass(kind, Spatial) or kind is Upsample]
BATCH = 2


def layer_of(block: Block, shape: Shape) -> Any:
    """The real module that a block makes."""
    return eval(str(block.layer(shape)), {"nn": nn})


@pytest.mark.parametrize("kind", SPATIAL, ids=lambda kind: kind.__name__)
def test_settings_stand_in_pytorchs_order(kind: type[Block]) -> None:
    """Positional arguments of a text are read by it."""
    known = list(inspect.signature(getattr(nn, kind.__name__)).parameters)
    mine = [*kind.derived, *(row.name for row in kind.params())]
    assert mine == [name for name in known if name in mine]


def test_every_variant_is_named_after_what_it_is_for() -> None:
    assert (Conv1d.title, Conv2d.title, Conv3d.title) == ("Convolution 1d", "Convolution 2d", "Convolution 3d")
    assert (Conv1d.accepts, Conv2d.accepts, Conv3d.accepts) == ("C×L", "C×H×W", "C×D×H×W")
    assert (Conv1d.torch_name, MaxPool1d.functional) == ("nn.Conv1d", "F.max_pool1d")
    assert "Conv" not in BLOCKS and "Pool" not in BLOCKS and "Windows" not in BLOCKS


def test_a_size_along_one_dimension_is_one_number() -> None:
    assert Conv1d.read({"kernel_size": (5,), "padding": [2]}) == Conv1d(kernel_size=5, padding=2)
    assert MaxPool1d.read({"stride": (None,)}).stride is None
    with pytest.raises(ValueError, match="whole number from 1 to 100,000, not"):
        Conv1d(kernel_size=(3, 3))
    assert Conv2d(kernel_size=(3, 3)).kernel_size == (3, 3)


def test_padding_counts_two_ends_for_each_dimension() -> None:
    assert evaluate(ZeroPad2d(padding=(1, 2, 3, 4)), ((1, 8, 8),)).shapes == ((1, 15, 11),)
    with pytest.raises(ValueError, match="or 4 of them"):
        ZeroPad2d(padding=(1, 2))


def test_a_lone_factor_is_one_for_all_sides() -> None:
    block = Upsample.read({"scale_factor": 3})
    assert block == Upsample(scale_factor=(3.0,))
    assert str(block.layer((1, 4, 4))) == "nn.Upsample(scale_factor=3.0)"
    assert Upsample.read({"size": 7, "scale_factor": None}) == Upsample(size=(7,), scale_factor=None)


REFUSED = [
    (Conv1d(kernel_size=9), (4, 5), "a window of 9 places, which needs a length of at least 9"),
    (Conv3d(kernel_size=(1, 1, 7)), (1, 4, 4, 4), "needs a width of at least 7"),
    (Conv3d(), (1, 4, 4), "needs a volume (channels × depth × height × width)"),
    (
        Conv3d(kernel_size=100_000, padding=100_000, out_channels=1_000_000),
        (9, 9, 9, 9),
        "more numbers than any computer",
    ),
    (ConvTranspose2d(output_padding=1), (4, 5, 5), "needs a larger stride or dilation"),
    (ConvTranspose2d(kernel_size=1, padding=3), (4, 5, 5), "It needs less padding"),
    (AvgPool3d(kernel_size=4, padding=2), (1, 3, 3, 3), "needs a depth of at least 4"),
    (FractionalMaxPool2d(output_size=3), (1, 9, 9), "either an output_size or an output_ratio"),
    (FractionalMaxPool2d(output_ratio=0.1), (1, 9, 9), "needs a larger output_ratio"),
    (ReflectionPad2d(padding=5), (1, 5, 9), "adds 5 places at an end of the height, which needs a size of at least 6"),
    (Fold(output_size=4, kernel_size=2), (8, 5), "needs 9 windows"),
]


@pytest.mark.parametrize(("block", "shape", "words"), REFUSED)
def test_a_refusal_says_what_is_needed_along_which_side(block: Block, shape: Shape, words: str) -> None:
    assert words in str(evaluate(block, (shape,)).error)


@pytest.mark.parametrize(("block", "shape", "words"), [case for case in REFUSED if not isinstance(case[0], Fold)])
def test_some_repair_helps_where_settings_are_to_blame(block: Block, shape: Shape, words: str) -> None:
    error = evaluate(block, (shape,)).error
    if error and not error.needs.startswith("needs a volume"):
        helped = [block.changed(**dict(repair.values)) for repair in error.repairs]
        assert any(not evaluate(other, (shape,)).error for other in helped)


SEEN = [
    (MaxPool1d(kernel_size=3, stride=2, dilation=2), (1, 30), (Reach(5, 2),)),
    (LPPool1d(kernel_size=4), (1, 30), (Reach(4, 4),)),
    (ConvTranspose2d(kernel_size=4, stride=2), (1, 9, 9), (Reach(2, 1), Reach(2, 1))),
    (PixelUnshuffle(downscale_factor=3), (1, 9, 9), (Reach(3, 3), Reach(3, 3))),
    (AdaptiveAvgPool1d(output_size=5), (1, 12), (Reach(4, 2),)),
    (AdaptiveAvgPool1d(output_size=4), (1, 12), (Reach(3, 3),)),
    (AdaptiveAvgPool1d(output_size=9), (1, 12), (Reach(2, 1),)),
]


@pytest.mark.parametrize(("block", "shape", "reach"), SEEN)
def test_the_widest_window_is_what_gradients_reach(block: Block, shape: Shape, reach: tuple[Reach, ...]) -> None:
    assert block.reach(shape) == reach
    picture = torch.ones(1, *shape).requires_grad_()
    result = layer_of(block, shape)(picture).sum(dim=1)
    widths = []
    for number in result.flatten():
        (slope,) = torch.autograd.grad(number, picture, retain_graph=True)
        places = slope[0].abs().sum(dim=0).nonzero()
        widths.append(max((places.max(dim=0).values - places.min(dim=0).values + 1).tolist()))
    windows = isinstance(block, MaxPool1d)
    assert max(widths) == (1 if windows else max(one.span for one in reach))


def test_one_number_for_each_channel_sees_everything() -> None:
    assert AdaptiveAvgPool2d(output_size=1).reach((3, 8, 8)) is None
    assert MaxPool2d(kernel_size=3, stride=2).reach((3, 8, 8)) == (Reach(3, 2), Reach(3, 2))


KEPT = [
    (Conv2d(padding=1, padding_mode="circular"), (3, 12, 12)),
    (Conv2d(padding=1, padding_mode="reflect"), (3, 12, 12)),
    (Conv3d(padding="same", kernel_size=(4, 3, 3)), (2, 6, 6, 6)),
    (Conv1d(padding="same", kernel_size=3, padding_mode="replicate"), (3, 12)),
    (AdaptiveAvgPool2d(output_size=3), (3, 12, 12)),
    (Upsample(mode="area"), (3, 12, 12)),
    (Upsample(mode="bicubic"), (3, 12, 12)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(("block", "shape"), KEPT)
def test_autograd_keeps_what_a_setting_makes_it_keep(block: Block, shape: Shape) -> None:
    layer, learned = layer_of(block, shape), torch.randn(BATCH, *shape, requires_grad=True)
    picture = learned * 1.0
    weights = {weight.untyped_storage().data_ptr() for weight in layer.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer(picture)
    besides = {place: one for place, one in kept.items() if place not in weights}
    assert (besides.pop(picture.untyped_storage().data_ptr(), None) is not None) == ("input" in block.saved(shape))
    assert sum(one.untyped_storage().nbytes() for one in besides.values()) == block.saved_besides(BATCH, shape)

"""How well-known patterns are drawn, each for the shape that reaches it."""

from __future__ import annotations

from typing import Any

import resources
from engine.blocks.activation import GELU, ReLU, ReLU6, Sigmoid
from engine.blocks.attention import MultiheadAttention
from engine.blocks.base import Shape
from engine.blocks.convolution import Conv2d, ConvTranspose2d
from engine.blocks.data import Input, Output
from engine.blocks.dimensions import Transpose
from engine.blocks.dropout import Dropout
from engine.blocks.linear import Linear
from engine.blocks.merge import Add, Concatenate, Multiply
from engine.blocks.normalisation import BatchNorm2d, LayerNorm
from engine.blocks.pooling import AdaptiveAvgPool2d, MaxPool2d
from engine.graph import Graph
from engine.project import open_project
from engine.sketching import linked, row


def _conv(channels: int, kernel_size: int = 3, **options: Any) -> Conv2d:
    """A convolution that keeps the size of the picture, without the bias that a batch norm behind it would undo."""
    return Conv2d(out_channels=channels, kernel_size=kernel_size, padding=kernel_size // 2, bias=False, **options)


def conv_norm_relu(shape: Shape) -> Graph:
    """Convolution, batch norm, ReLU."""
    return row(
        Graph(), "", input=Input(shape=shape), conv=_conv(shape[0]), norm=BatchNorm2d(), relu=ReLU(), output=Output()
    )


def basic_block(shape: Shape) -> Graph:
    """Two convolutions beside a projection."""
    channels = shape[0]
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        conv1=_conv(channels),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        conv2=_conv(channels),
        norm2=BatchNorm2d(),
        add=Add(),
        relu2=ReLU(),
        output=Output(),
    )
    graph = row(graph, "input", shortcut=_conv(channels, 1), shortcut_norm=BatchNorm2d())
    return linked(graph, ("shortcut_norm", "add.other"))


def bottleneck(shape: Shape) -> Graph:
    """Narrow, convolve, widen, beside a projection."""
    channels = shape[0]
    inner = max(channels // 4, 1)
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        conv1=_conv(inner, 1),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        conv2=_conv(inner),
        norm2=BatchNorm2d(),
        relu2=ReLU(),
        conv3=_conv(channels, 1),
        norm3=BatchNorm2d(),
        add=Add(),
        relu3=ReLU(),
        output=Output(),
    )
    graph = row(graph, "input", shortcut=_conv(channels, 1), shortcut_norm=BatchNorm2d())
    return linked(graph, ("shortcut_norm", "add.other"))


def depthwise_separable(shape: Shape) -> Graph:
    """One filter a channel, then a 1×1 convolution."""
    return row(
        Graph(),
        "",
        input=Input(shape=shape),
        depthwise=_conv(shape[0], groups=shape[0]),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        pointwise=_conv(shape[0], 1),
        norm2=BatchNorm2d(),
        relu2=ReLU(),
        output=Output(),
    )


def inverted_residual(shape: Shape) -> Graph:
    """Widen, convolve by channel, narrow, beside a skip."""
    channels, wide = shape[0], 6 * shape[0]
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        expand=_conv(wide, 1),
        norm1=BatchNorm2d(),
        relu1=ReLU6(),
        depthwise=_conv(wide, groups=wide),
        norm2=BatchNorm2d(),
        relu2=ReLU6(),
        project=_conv(channels, 1),
        norm3=BatchNorm2d(),
        add=Add(),
        output=Output(),
    )
    return linked(graph, ("input", "add.other"))


def squeeze_excite(shape: Shape) -> Graph:
    """A weight for every channel from the mean of the picture."""
    channels = shape[0]
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        squeeze=AdaptiveAvgPool2d(output_size=1),
        reduce=Conv2d(out_channels=max(channels // 4, 1), kernel_size=1),
        relu=ReLU(),
        expand=Conv2d(out_channels=channels, kernel_size=1),
        gate=Sigmoid(),
        scale=Multiply(),
        output=Output(),
    )
    return linked(graph, ("input", "scale.other"))


def fire(shape: Shape) -> Graph:
    """A squeeze, then two expansions side by side."""
    wide = max(shape[0] // 2, 1)
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        squeeze=Conv2d(out_channels=max(shape[0] // 8, 1), kernel_size=1),
        squeeze_relu=ReLU(),
        expand1x1=Conv2d(out_channels=wide, kernel_size=1),
        expand1x1_relu=ReLU(),
        join=Concatenate(),
        output=Output(),
    )
    graph = row(graph, "squeeze_relu", expand3x3=Conv2d(out_channels=wide, padding=1), expand3x3_relu=ReLU())
    return linked(graph, ("expand3x3_relu", "join.tensor2"))


def inception(shape: Shape) -> Graph:
    """Four branches side by side."""
    part = max(shape[0] // 4, 1)
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        branch1=Conv2d(out_channels=part, kernel_size=1),
        relu1=ReLU(),
        join=Concatenate(tensors=4),
        output=Output(),
    )
    one, half = Conv2d(out_channels=part, kernel_size=1), max(part // 2, 1)
    narrow = Conv2d(out_channels=half, kernel_size=1)
    three, five = (Conv2d(out_channels=part, kernel_size=size, padding=size // 2) for size in (3, 5))
    graph = row(graph, "input", reduce2=narrow, relu2a=ReLU(), branch2=three, relu2=ReLU())
    graph = row(graph, "input", reduce3=narrow, relu3a=ReLU(), branch3=five, relu3=ReLU())
    graph = row(graph, "input", pool4=MaxPool2d(kernel_size=3, stride=1, padding=1), branch4=one, relu4=ReLU())
    return linked(graph, ("relu2", "join.tensor2"), ("relu3", "join.tensor3"), ("relu4", "join.tensor4"))


def dense_block(shape: Shape) -> Graph:
    """Three layers, each of which sees all before it."""
    graph, last = row(Graph(), "", input=Input(shape=shape)), "input"
    for number in (1, 2, 3):
        layer = {f"norm{number}": BatchNorm2d(), f"relu{number}": ReLU(), f"conv{number}": _conv(32)}
        graph = row(graph, last, **layer, **{f"join{number}": Concatenate()})
        graph = linked(graph, (last, f"join{number}.tensor1"), (f"conv{number}", f"join{number}.tensor2"))
        last = f"join{number}"
    return row(graph, last, output=Output())


def _double_conv(graph: Graph, source: str, channels: int) -> Graph:
    return row(
        graph,
        source,
        conv1=_conv(channels),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        conv2=_conv(channels),
        norm2=BatchNorm2d(),
        relu2=ReLU(),
    )


def unet_down(shape: Shape) -> Graph:
    """Two convolutions, then half the size; the picture before that leaves as well."""
    graph = _double_conv(row(Graph(), "", input=Input(shape=shape)), "input", shape[0])
    graph = row(graph, "relu2", pool=MaxPool2d(), down=Output())
    return row(graph, "relu2", skip=Output())


def unet_up(shape: Shape) -> Graph:
    """Twice the size, joined with the picture of the way down."""
    channels = max(shape[0] // 2, 1)
    larger = (channels, *(2 * side for side in shape[1:]))
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        up=ConvTranspose2d(out_channels=channels, kernel_size=2, stride=2),
        join=Concatenate(),
    )
    graph = linked(row(graph, "", skip=Input(shape=larger)), ("skip", "join.tensor2"))
    return row(_double_conv(graph, "join", channels), "relu2", output=Output())


def transformer_encoder(shape: Shape) -> Graph:
    """Attention and a small network, each with a skip, normalised first."""
    width = shape[-1]
    heads = next(heads for heads in (8, 4, 2, 1) if width % heads == 0)
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        norm1=LayerNorm(),
        attention=MultiheadAttention(num_heads=heads),
        dropout1=Dropout(p=0.1),
        add1=Add(),
        norm2=LayerNorm(),
        linear1=Linear(out_features=4 * width),
        gelu=GELU(),
        linear2=Linear(out_features=width),
        dropout2=Dropout(p=0.1),
        add2=Add(),
        output=Output(),
    )
    return linked(
        graph,
        ("norm1", "attention.key"),
        ("norm1", "attention.value"),
        ("input", "add1.other"),
        ("add1", "add2.other"),
    )


def mixer(shape: Shape) -> Graph:
    """A network over the steps, then one over the channels, each with a skip."""
    tokens, width = shape
    graph = row(
        Graph(),
        "",
        input=Input(shape=shape),
        norm1=LayerNorm(),
        to_tokens=Transpose(dim0=1, dim1=2),
        tokens1=Linear(out_features=2 * tokens),
        gelu1=GELU(),
        tokens2=Linear(out_features=tokens),
        to_channels=Transpose(dim0=1, dim1=2),
        add1=Add(),
        norm2=LayerNorm(),
        channels1=Linear(out_features=4 * width),
        gelu2=GELU(),
        channels2=Linear(out_features=width),
        add2=Add(),
        output=Output(),
    )
    return linked(graph, ("input", "add1.other"), ("add1", "add2.other"))


def efficientnet_lite0(shape: Shape) -> Graph:
    """The drawing that comes with the program, the same for every picture; its blocks are frozen."""
    return open_project(resources.path("pretrained", "efficientnet_lite0.loom")).graph

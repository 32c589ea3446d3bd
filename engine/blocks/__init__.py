"""The catalogue of blocks. Importing a family adds its blocks, in the order of the palette."""

from engine.blocks import (
    activation,
    activation_rare,
    convolution,
    data,
    dropout,
    layer_norm,
    linear,
    merge,
    normalisation,
    pooling,
    probabilities,
    recurrent,
    shaping,
)
from engine.blocks.base import BLOCKS, FAMILIES, Block, Shape, ShapeError, shape_text

__all__ = [
    "BLOCKS",
    "FAMILIES",
    "Block",
    "Shape",
    "ShapeError",
    "activation",
    "activation_rare",
    "convolution",
    "data",
    "dropout",
    "layer_norm",
    "linear",
    "merge",
    "normalisation",
    "pooling",
    "probabilities",
    "recurrent",
    "shape_text",
    "shaping",
]

"""Modules that forward never calls: they keep their place in the drawing, fed with zeros, so that no key is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from engine.blocks.base import Shape
from engine.blocks.data import Output
from engine.graph import Node
from engine.importing.frames import End, Frame
from engine.importing.layouts import CannotDraw
from engine.importing.modules import block_for, check_weights


def put_beside(frame: Frame, path: str, module: nn.Module, name: str) -> None:
    """Draw a module that nothing calls, with an Output of its own. Raises CannotDraw."""
    kind = type(module).__name__
    if kind not in EXAMPLES:
        raise CannotDraw(f"what a {kind} takes cannot be known")
    block = block_for(module, None)
    shape = EXAMPLES[kind](module)
    check_weights(module, block, (shape,))
    zeros = frame.put("Constant", shape=shape, value=0.0)
    name = name or frame.usual(block)
    ends: list[End] = frame.put(block, *zeros, name=name)
    frame.add(Node(frame.fresh(f"{name}_unused"), Output()), ends[:1], ())
    frame.modules[path] = name


def _windows(module: Any) -> Shape:
    """The smallest picture that a convolution takes."""
    spans = (dilation * (size - 1) + 1 for size, dilation in zip(module.kernel_size, module.dilation, strict=True))
    return module.in_channels, *spans


EXAMPLES: Mapping[str, Callable[[Any], Shape]] = {
    "Linear": lambda module: (module.in_features,),
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), _windows),
    "BatchNorm1d": lambda module: (module.num_features,),
    "BatchNorm2d": lambda module: (module.num_features, 2, 2),
    "BatchNorm3d": lambda module: (module.num_features, 2, 2, 2),
    "GroupNorm": lambda module: (module.num_channels, 2),
    **dict.fromkeys(("LayerNorm", "RMSNorm"), lambda module: tuple(module.normalized_shape)),
    "PReLU": lambda module: (module.num_parameters, 2),
}
"""The size of an example for modules from which it can be told."""

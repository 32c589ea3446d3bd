"""Tensors that a module holds itself: parameters, buffers and fixed tables."""

from __future__ import annotations

import torch
from torch import fx, nn

from engine.graph import Node
from engine.importing.frames import End, Frame
from engine.importing.layouts import CannotDraw, layout_of
from engine.importing.tracing import Trace


def attribute(frame: Frame, node: fx.Node, trace: Trace, name: str) -> End:
    """The block for a parameter, a buffer or a fixed tensor. Raises CannotDraw."""
    path = str(node.target)
    if path in frame.modules:
        drawn = frame.nodes[frame.modules[path]]
        return drawn.name, drawn.block.output_ports()[0]
    tensor = _tensor(trace, path)
    if isinstance(tensor, nn.Parameter):
        end = _parameter(frame, tensor, name)
        frame.modules[path] = end[0]
        return end
    value = tensor.flatten()[0]
    if not tensor.is_floating_point() or not bool((tensor == value).all()):
        raise CannotDraw("it is a table of fixed numbers, for which there is no block")
    return frame.put("Constant", shape=layout_of(tuple(tensor.shape)).shape or (1,), value=float(value))[0]


def _parameter(frame: Frame, tensor: nn.Parameter, name: str) -> End:
    if not tensor.shape:
        raise CannotDraw("it is a parameter of one single number")
    block = frame.block("Parameter", shape=tuple(tensor.shape), fill=_fill(tensor), batch_dimension=False)
    made = Node(name, block, frozen=not tensor.requires_grad)
    return frame.add(made, (), (tuple(tensor.shape),))[0]


def _fill(tensor: torch.Tensor) -> str:
    """How a parameter starts."""
    if not bool(tensor.any()):
        return "zeros"
    return "ones" if bool((tensor == 1).all()) else "randn"


def _tensor(trace: Trace, path: str) -> torch.Tensor:
    if path in trace.constants:
        return trace.constants[path]
    owner, _, name = path.rpartition(".")
    found = getattr(trace.root.get_submodule(owner), name)
    assert isinstance(found, torch.Tensor)
    return found

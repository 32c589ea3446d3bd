"""Tensors that a module holds itself: parameters, buffers and fixed tables."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx, nn

from engine.blocks.number_parser import LONGEST
from engine.graph import Node
from engine.importing.frames import End, Frame
from engine.importing.layouts import CannotDraw, layout_of
from engine.importing.tables import reals, table_text
from engine.importing.tracing import Trace
from engine.initial import PYTORCHS_OWN, Initial


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
    if path in trace.constants and tensor.is_floating_point() and bool((tensor == tensor.flatten()[0]).all()):
        shape = layout_of(tuple(tensor.shape)).shape or (1,)
        return frame.put("Constant", shape=shape, value=float(tensor.flatten()[0]))[0]
    end = _buffer(frame, tensor, name, persistent=path in trace.root.state_dict())
    frame.modules[path] = end[0]
    return end


def _buffer(frame: Frame, tensor: torch.Tensor, name: str, persistent: bool) -> End:
    return frame.put("Buffer", name=name, persistent=persistent, **written(tensor))[0]


def written(tensor: torch.Tensor) -> dict[str, Any]:
    """The settings of a Buffer that holds exactly these numbers. Raises CannotDraw."""
    if not tensor.numel() or not tensor.shape:
        raise CannotDraw("it is a fixed tensor of one single number" if tensor.numel() else "it holds no number")
    if tensor.dtype not in (torch.float32, torch.int64, torch.int32):
        raise CannotDraw(f"it is a table of fixed numbers of the kind {str(tensor.dtype).removeprefix('torch.')}")
    real = tensor.dtype is torch.float32
    if not bool((tensor == tensor).all()):
        raise CannotDraw("it is a table in which some entries are no number (nan)")
    if real and 2 * different(tensor[tensor != tensor.round()]) > LONGEST:  # found out before any is spelt
        raise CannotDraw(f"it is a table of {tensor.numel():,} numbers without a pattern, too many to write down")
    values = tensor.flatten().tolist()
    shape = tuple(tensor.shape)
    data = table_text(reals(values) if real else tuple(values), shape)
    return {"shape": shape, "data": data, "dtype": "float32" if real else "int64"}


def different(tensor: torch.Tensor) -> int:
    """How many different numbers a tensor holds."""
    ordered = tensor.flatten().sort().values
    return min(len(ordered), 1) + int((ordered[1:] != ordered[:-1]).sum())


def _parameter(frame: Frame, tensor: nn.Parameter, name: str) -> End:
    if not tensor.shape:
        raise CannotDraw("it is a parameter of one single number")
    block = frame.block("Parameter", shape=tuple(tensor.shape), fill=_fill(tensor), batch_dimension=False)
    made = Node(name, block, frozen=not tensor.requires_grad, initial=_initial(tensor))
    return frame.add(made, (), (tuple(tensor.shape),))[0]


def _initial(tensor: torch.Tensor) -> Initial:
    """One number with which a parameter starts everywhere, where it is neither 0 nor 1."""
    (value,) = reals(tensor.flatten()[:1].tolist())
    if value in (0, 1) or not bool((tensor == tensor.flatten()[0]).all()) or tensor.numel() < 2:
        return PYTORCHS_OWN
    try:
        return Initial(weight="constant", val=value)
    except ValueError:  # beyond the numbers with which a weight may start
        return PYTORCHS_OWN


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

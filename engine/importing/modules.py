"""Modules of torch.nn as blocks: settings are read from the module's attributes by the block's own names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx, nn

from engine.blocks import BLOCKS
from engine.blocks.base import Block
from engine.evaluation import evaluate
from engine.importing.batch_places import check_places
from engine.importing.frames import End, Frame, layout
from engine.importing.layouts import CannotDraw
from engine.settings import Param

Settings = dict[str, Any]

NO_SETTING = {"inplace", "device", "dtype", "batch_first", "self", "bias", "enable_nested_tensor", "mask_check"}
"""Arguments of PyTorch's classes that a drawing has no need for, or that the names of the weights tell."""


def block_for(module: nn.Module, node: fx.Node | None) -> Block:
    """The block that does what a module of torch.nn does, where a step calls it or none does. Raises CannotDraw."""
    kind = type(module).__name__
    if kind not in BLOCKS or BLOCKS[kind].torch_name != f"nn.{kind}":
        raise CannotDraw(f"there is no block {kind}")
    known = BLOCKS[kind]
    settings = {row.name: _value(module, row) for row in known.params() if _has(module, row)}
    settings.update(SPECIAL[kind](module, node) if kind in SPECIAL else {})
    _check_for_more(module, known)
    try:
        return known.read(settings)
    except ValueError as error:
        raise CannotDraw(f"{error}") from error


def check_weights(module: nn.Module, block: Block, inputs: tuple[Any, ...]) -> None:
    """Raise CannotDraw unless the block learns tensors of the very names and shapes of the module's."""
    mine = {name: tuple(shape) for name, shape in {**block.weights(*inputs), **block.buffers(*inputs)}.items()}
    theirs = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    persistent = {name: shape for name, shape in mine.items() if name in theirs or name in block.weights(*inputs)}
    if persistent != theirs:
        raise CannotDraw(f"it learns {_listed(theirs)}, where {block.kind()} would learn {_listed(mine)}")


def draw(frame: Frame, node: fx.Node, module: nn.Module, name: str, same_as: str) -> list[End | None]:
    """Draw the block of a module; gives an end for each result. Raises CannotDraw."""
    from engine.graph import Node

    sources = _tensors(module, node)
    block = block_for(module, node)
    ends = [frame.fetch(source) for source in sources]
    if len(ends) != len(block.input_ports()):
        raise CannotDraw(f"it is given {len(ends)} tensors, where {block.kind()} takes {len(block.input_ports())}")
    check_places(module, [layout(source) for source in sources])
    inputs = tuple(frame.shapes[end] for end in ends)
    outcome = evaluate(block, inputs)
    if outcome.error:
        raise CannotDraw(f"{block.kind()} {outcome.error.needs}")
    check_weights(module, block, inputs)
    learned = [*module.parameters()]
    frozen = bool(learned) and not any(parameter.requires_grad for parameter in learned)
    return [*frame.add(Node(name, block, same_as=same_as, frozen=frozen), ends, outcome.shapes)]


def _has(module: nn.Module, row: Param) -> bool:
    return hasattr(module, row.name)


def _value(module: nn.Module, row: Param) -> Any:
    value = getattr(module, row.name)
    if value is None and row.optional:
        return None
    if isinstance(value, nn.Parameter) or (row.kind is bool and value is None):
        return value is not None
    if isinstance(value, torch.Size | list):
        value = tuple(value)
    if row.dims and isinstance(value, tuple) and len(set(value)) == 1:
        return value[0]
    if row.dims and isinstance(value, tuple) and len(value) == 1:
        return value[0]
    if row.listed and isinstance(value, int):
        return (value,)
    return value


def _check_for_more(module: nn.Module, block: type[Block]) -> None:
    """Raise CannotDraw for an argument of PyTorch's class that the block has not and that is not at its default."""
    known = {row.name for row in block.params()} | set(block.derived) | NO_SETTING | DERIVED.get(block.kind(), set())
    for name, argument in inspect.signature(type(module).__init__).parameters.items():
        if name in known or argument.default is argument.empty or argument.kind is argument.VAR_KEYWORD:
            continue
        value = getattr(module, name, argument.default)
        value = value is not None if isinstance(value, nn.Module | torch.Tensor) else value
        if value != argument.default:
            raise CannotDraw(f"it has {name}={value}, which the block {block.kind()} has not")


def _listed(weights: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in weights.items()) or "nothing"


def _given(module: nn.Module, node: fx.Node) -> dict[str, Any]:
    """What a module is called with, by PyTorch's names."""
    words = inspect.signature(type(module).forward).parameters
    names = [name for name in words if name != "self"]
    given = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    return {name: value for name, value in given.items() if name not in words or value is not words[name].default}


def _tensors(module: nn.Module, node: fx.Node) -> list[fx.Node]:
    """The tensors that a module is called with, in its order; a mask is a setting of the block."""
    given = _given(module, node)
    for name, value in given.items():
        if isinstance(value, fx.Node) and (name == "hx" or name.endswith(("padding_mask", "memory_mask"))):
            raise CannotDraw(f"it is called with {name}, for which the block has no input")
        if not isinstance(value, fx.Node) and value is not None and name not in FREE:
            raise CannotDraw(f"it is called with {name}={value}")
    return [value for name, value in given.items() if isinstance(value, fx.Node) and name not in MASKS]


def _is_causal(module: nn.Module, node: fx.Node | None) -> bool:
    """Whether a mask lets each step look only at itself and those before it. Raises CannotDraw for another mask."""
    if node is not None and node.meta.get("causal"):
        return True
    masks = [value for name, value in _given(module, node).items() if name in MASKS] if node else []
    for mask in masks:
        table = mask.meta.get("constant") if isinstance(mask, fx.Node) else None
        if table is None or table.dim() != 2:
            raise CannotDraw("it is called with a mask that is not fixed")
        shut = table if table.dtype is torch.bool else table == -torch.inf
        if not torch.equal(shut, torch.ones_like(shut).triu(1)) or (shut is not table and bool(table[~shut].any())):
            raise CannotDraw("it is called with a mask that does more than hide what comes later")
    return bool(masks)


def _prelu(module: nn.Module, node: fx.Node | None) -> Settings:
    assert isinstance(module, nn.PReLU)
    return {"per_channel": module.num_parameters > 1, "init": 0.25}


def _norm(module: nn.Module, node: fx.Node | None) -> Settings:
    assert isinstance(module, nn.LayerNorm | nn.RMSNorm)
    return {"dimensions": len(module.normalized_shape)}


def _attention(module: nn.Module, node: fx.Node | None) -> Settings:
    assert isinstance(module, nn.MultiheadAttention)
    bias = module.in_proj_bias is not None
    return {"bias": bias, "add_bias_kv": module.bias_k is not None, "causal": _is_causal(module, node)}


def _transformer(module: nn.Module, node: fx.Node | None) -> Settings:
    """The settings of a layer, or of the first one of several."""
    stacked = (
        {"num_layers": module.num_layers, "norm": module.norm is not None} if hasattr(module, "num_layers") else {}
    )
    layer: Any = module.layers[0] if isinstance(module, nn.TransformerEncoder | nn.TransformerDecoder) else module
    activation = getattr(layer.activation, "__name__", type(layer.activation).__name__.lower())
    return {
        "nhead": layer.self_attn.num_heads,
        "dim_feedforward": layer.linear1.out_features,
        "dropout": layer.dropout.p,
        "activation": activation,
        "layer_norm_eps": layer.norm1.eps,
        "norm_first": layer.norm_first,
        "bias": layer.linear1.bias is not None,
        "causal": _is_causal(module, node),
        **stacked,
    }


def _softmax(module: nn.Module, node: fx.Node | None) -> Settings:
    if getattr(module, "dim", None) is None:
        raise CannotDraw("it has no dim")
    return {}


TRANSFORMERS = ("TransformerEncoderLayer", "TransformerEncoder", "TransformerDecoderLayer", "TransformerDecoder")

SPECIAL: Mapping[str, Callable[[nn.Module, fx.Node | None], Settings]] = {
    "PReLU": _prelu,
    "LayerNorm": _norm,
    "RMSNorm": _norm,
    "MultiheadAttention": _attention,
    **dict.fromkeys(TRANSFORMERS, _transformer),
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Softmin": _softmax,
}
"""Settings that are no attribute of the module under the block's name."""

DERIVED: Mapping[str, set[str]] = {
    "PReLU": {"num_parameters"},
    "MultiheadAttention": {"kdim", "vdim", "bias"},
    "Linear": {"in_features"},
}
"""Arguments that the block works out from its inputs, though PyTorch has a default for them."""

FREE = ("need_weights", "average_attn_weights", "is_causal", "tgt_is_causal", "memory_is_causal")
"""Arguments of forward that change nothing in what the drawing computes."""

MASKS = ("attn_mask", "mask", "src_mask", "tgt_mask")
"""Arguments of forward that are a setting of the block."""

"""What a .pt2 file says about the modules in which its operations were called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import fx, nn

from engine.blocks import BLOCKS
from engine.importing.exported_calls import Call
from engine.importing.function_tables import ALONG, IN_FRONT, PLAIN

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
COMPOSED = ("MultiheadAttention", "TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder",
            "TransformerDecoderLayer")  # fmt: skip
"""Modules of torch.nn in which many operations are called."""
ALSO: dict[str, tuple[str, str]] = {
    "flatten": ("Flatten", "start_dim end_dim"),
    "unflatten": ("Unflatten", "dim sizes"),
}
NAMED = {("Unflatten", "sizes"): "unflattened_size"}
FIXED = {("hardtanh", "ReLU6"): ("min_val", "max_val")}
"""Settings that a module has by its name alone."""


def leaf(node: fx.Node) -> tuple[str, str]:
    """The kind and path of the module of torch.nn that called a step itself; nothing where none did."""
    _, path, kind = next(reversed(list(_stack(node))), ("", "", ""))
    return (kind, path) if _is_leaf(kind) and path else ("", "")


def scope_path(node: fx.Node) -> list[tuple[str, str, str]]:
    """The calls in which a step lies, the outermost left out: a key for each, the module's path and class."""
    found = [(key, path, kind.rpartition(".")[2]) for key, path, kind in _stack(node) if path]
    kind = next(reversed(list(_stack(node))), ("", "", ""))[2]
    return found[:-1] if found and _is_leaf(kind) else found


def simple_module(kind: str, call: Call) -> nn.Module | None:
    """The module without weights that a call was made by, if it has all that the call says."""
    name = kind.rpartition(".")[2]
    expected, words = ALSO.get(call.name) or {**PLAIN, **IN_FRONT, **ALONG}.get(call.name, ("", ""))
    if not kind or (expected != name and (call.name, name) not in FIXED):
        return None
    left_out = ("training", *FIXED.get((call.name, name), ()))
    given = dict(zip(words.split(), call.positional()[1:], strict=False)) | call.options()
    settings = {NAMED.get((name, key), key): _plain(value) for key, value in given.items() if key not in left_out}
    try:
        module = getattr(nn, name)(**settings)
    except (TypeError, ValueError):
        return None
    return module if isinstance(module, nn.Module) else None


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_leaf(kind: str) -> bool:
    name = kind.rpartition(".")[2]
    return kind.startswith("torch.nn.modules.") and name in BLOCKS and name not in (*CONTAINERS, *COMPOSED)


def _stack(node: fx.Node) -> Iterator[tuple[str, str, str]]:
    for key, (path, kind) in (node.meta.get("nn_module_stack") or {}).items():
        yield str(key), str(path), kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"

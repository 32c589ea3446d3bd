"""Modules without weights that a file does not mention, between numbered ones whose numbers are to stay."""

from __future__ import annotations

from typing import Any

from torch import fx, nn

from engine.importing.computing import function_name
from engine.importing.function_tables import IN_FRONT, PLAIN
from engine.importing.scopes import below
from engine.importing.tracing import Scope

MOST = 1000
"""How many places between two numbers are filled."""


def fill_gaps(root: nn.Module, graph: fx.Graph) -> None:
    """Fill places between numbered modules: with the function that was called there, or with nn.Identity."""
    for path, holder in list(root.named_modules()):
        names = list(holder._modules)
        if not path or not names or not all(name.isdecimal() and len(name) < 5 for name in names):
            continue
        missing = set(range(max(map(int, names)))) - set(map(int, names))
        if len(missing) <= MOST:
            for number in sorted(missing, reverse=True):
                _fill(root, graph, path, number)


def _fill(root: nn.Module, graph: fx.Graph, path: str, number: int) -> None:
    following = f"{path}.{number + 1}"
    calls = [node for node in graph.nodes if node.op == "call_module" and _inside(str(node.target), following)]
    again = [node for node in calls if node.target == calls[0].target]
    if len(again) != 1 or not isinstance(again[0].args[0], fx.Node):
        return
    call, target = again[0], f"{path}.{number}"
    source: Any = call.args[0]
    module = _module_like(source) if source.meta["scope"] is call.meta["scope"] else None
    with graph.inserting_before(call):
        filled = graph.call_module(target, (source.args[0] if module else source,))
    filled.meta.update(value=source.meta["value"], scope=_around(call.meta["scope"], path))
    if module:
        source.replace_all_uses_with(filled)
        graph.erase_node(source)
    else:
        call.replace_input_with(source, filled)
    root.get_submodule(path).add_module(str(number), module or nn.Identity())


def _module_like(node: fx.Node) -> nn.Module | None:
    """The module that does what a function does, if one step alone uses it."""
    if node.op not in ("call_function", "call_method") or len(node.users) != 1:
        return None
    kind, words = {**PLAIN, **IN_FRONT}.get(function_name(node.target), ("", ""))
    settings = dict(zip(words.split(), node.args[1:], strict=False)) | dict(node.kwargs)
    settings.pop("training", None)
    try:
        module = getattr(nn, kind)(**settings) if kind else None
    except (AttributeError, TypeError, ValueError):
        return None
    return module if isinstance(module, nn.Module) else None


def _inside(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _around(scope: Scope, path: str) -> Scope:
    """The innermost call around a step that holds the module with this path, or is it."""
    fitting = [one for one in scope.chain() if one.path == path or below(path, one.path) is not None]
    return fitting[-1]

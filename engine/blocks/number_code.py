"""A table of numbers as an expression of PyTorch: short, exact, and readable."""

from __future__ import annotations

import math

from engine.blocks.number_text import Number, Pick, Range, Repeat, Row, Sum, Tree, count


def tensor_code(tree: Tree, shape: tuple[int, ...], whole: bool) -> str:
    """The expression that makes the tensor: of int64 for whole numbers, else of float32."""
    text = _tensor(tree, whole)
    if isinstance(tree, Sum):
        text = f"({text})"
    if len(shape) > 1 or isinstance(tree, Sum | Pick):
        text = f"{text}.reshape({', '.join(map(str, shape))})"
    return text if whole or not _is_whole(tree) else f"{text}.float()"


def _tensor(tree: Tree, whole: bool) -> str:
    match tree:
        case Range():
            return f"torch.arange({_limits(tree)})"
        case Sum():
            return " + ".join(_summand(part, len(tree.parts) - place) for place, part in enumerate(tree.parts))
        case Pick():
            rows, index = tree.rows(), _flat(tree.index, True)
            width, base = _width(tree), _flat(tree.base, whole)
            return f"{base}[{index}]" if width == 1 else f"{base}.view({rows}, {width})[{index}]"
        case _:
            return f"torch.tensor({_listed(tree, whole)})"


def _width(tree: Pick) -> int:
    """How many numbers a row has."""
    return count(tree.base) // tree.rows()


def _summand(tree: Tree, rank: int) -> str:
    """A part of a sum, with as many dimensions as there are parts from it on."""
    text = _flat(tree, True)
    return text if rank == 1 else f"{text}.view(-1{', 1' * (rank - 1)})"


def _flat(tree: Tree, whole: bool) -> str:
    """The same in one dimension."""
    text = _tensor(tree, whole)
    match tree:
        case Sum():
            return f"({text}).flatten()"
        case Pick():
            return text if _width(tree) == 1 else f"{text}.flatten()"
        case _:
            return text


def _listed(tree: Tree, whole: bool) -> str:
    """A list of Python."""
    if isinstance(tree, Repeat):
        return f"{_listed(tree.inner, whole)} * {tree.count}"
    parts = tree.parts if isinstance(tree, Row) else (tree,)
    return f"[{', '.join(_member(part, whole) for part in parts)}]"


def _member(tree: Tree, whole: bool) -> str:
    match tree:
        case Number():
            return _number(tree.value, whole)
        case Range():
            return f"*range({_limits(tree)})"
        case Sum() | Pick():
            return f"*{_flat(tree, whole)}.tolist()"
        case _:
            return f"*{_listed(tree, whole)}"


def _number(value: float, whole: bool) -> str:
    if math.isinf(value):
        return "torch.inf" if value > 0 else "-torch.inf"
    return repr(value if whole else float(value))


def _limits(tree: Range) -> str:
    limits = [tree.start, tree.stop, tree.step]
    if tree.step == 1:
        limits = limits[1:2] if tree.start == 0 else limits[:2]
    return ", ".join(map(str, limits))


def _is_whole(tree: Tree) -> bool:
    """Whether the expression may give whole numbers, whatever kind its lists hold."""
    match tree:
        case Number():
            return False
        case Range() | Sum():
            return True
        case Repeat():
            return _is_whole(tree.inner)
        case Row():
            return any(map(_is_whole, tree.parts))
        case Pick():
            return _is_whole(tree.base)

"""From a statement that calls functions of PyTorch to the blocks that may have written it.

A block's own statements are the measure: every guess at its settings is written out and compared with the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, islice, product
from typing import Any

from engine.blocks import BLOCKS
from engine.blocks.base import Block
from engine.program import Variable
from engine.reading.calls import Bindings
from engine.reading.matching import head_of
from engine.reading.plain import plain
from engine.reading.values import NotUnderstood, value_of
from engine.settings import Param

MOST_GUESSES = 400
"""How many settings are tried for one kind of block."""

LAST_DIM = 6
MOST_DIMENSIONS = 3


@cache
def kinds_by_head() -> Mapping[str, tuple[tuple[type[Block], int], ...]]:
    """The blocks that call a function, by the function, with how many statements each usually writes.

    Those that always call it stand before modules that may be written as this function.
    """
    table: dict[str, dict[type[Block], int]] = {}
    kinds = [kind for kind in BLOCKS.values() if kind.family not in ("data", "group")]
    for forms in (_statements, _function):
        for kind in kinds:
            found = forms(kind())
            head = head_of(plain(ast.parse(found[0]).body[0])) if found else ""
            if head and head != "self":
                table.setdefault(head, {}).setdefault(kind, len(found))
    return {head: tuple(kinds.items()) for head, kinds in table.items()}


def _statements(block: Block) -> list[str]:
    results = tuple(f"y{number}" for number in range(len(block.output_ports())))
    return [str(statement) for statement in block.statements("me", results, *_tensors(block))]


def _function(block: Block) -> list[str]:
    function = block.as_function(*_tensors(block)) if len(block.output_ports()) == 1 else None
    return [f"y = {function}"] if function else []


def _tensors(block: Block) -> tuple[Variable, ...]:
    return tuple(Variable(f"x{number}") for number in range(len(block.input_ports()) + block.from_batch))


def blocks_for(statements: Sequence[ast.stmt], bindings: Bindings) -> Iterator[Block]:
    """Blocks that may have written these statements, with settings guessed from their values, the best first."""
    for kind, length in kinds_by_head().get(head_of(statements[0]), ()):
        for settings in islice(_guesses(kind, statements[:length], bindings), MOST_GUESSES):
            try:
                yield kind.read(settings)
            except ValueError:  # these values belong to other settings, or to another block
                continue


def _guesses(kind: type[Block], statements: Sequence[ast.stmt], bindings: Bindings) -> Iterator[dict[str, Any]]:
    rows = {row.name: row for row in kind.params()}
    named = _named(statements, rows, bindings)
    counted = {"tensors": _joined(statements), "parts": _results(statements)}
    named = [*({name: count} for name, count in counted.items() if name in rows and count), *named]
    fixed: dict[str, Any] = {}
    for part in named:
        fixed.update(part)
    free = [row for name, row in rows.items() if name not in fixed]
    several, flat = _constants(statements, bindings, grouped=True), _constants(statements, bindings, grouped=False)
    for wrapped in _wrapped(fixed, rows):
        alone = ([value] for value in dict.fromkeys(flat))
        for values in (several, flat, several[1:], flat[1:], *alone):
            for unsaid in _unsaid(free):
                for guess in _assigned([row for row in free if row.name not in unsaid], values):
                    yield {**wrapped, **unsaid, **guess}


def _named(statements: Sequence[ast.stmt], rows: Mapping[str, Param], bindings: Bindings) -> list[dict[str, Any]]:
    """The values that are stated by name."""
    calls = (part for statement in statements for part in ast.walk(statement) if isinstance(part, ast.Call))
    options = (option for call in calls for option in call.keywords if option.arg in rows)
    found = []
    for option in options:
        try:
            found.append({str(option.arg): value_of(option.value, bindings)})
        except NotUnderstood:  # training=self.training and the like are no settings
            continue
    return found


def _wrapped(fixed: Mapping[str, Any], rows: Mapping[str, Param]) -> Iterator[dict[str, Any]]:
    """One number for a list of any length may stand for one, two or three of them."""
    lonely = [name for name, value in fixed.items() if rows[name].listed and isinstance(value, int | float)]
    if not lonely:
        yield dict(fixed)
        return
    for count in range(1, MOST_DIMENSIONS + 1):
        yield {**fixed, **{name: (fixed[name],) * count for name in lonely}}


def _unsaid(free: Sequence[Param]) -> Iterator[dict[str, Any]]:
    """Nothing, then what code may say by its form alone: a dimension by the place of an index, a word of a choice."""
    yield {}
    for row in free:
        if row.name == "dim":
            yield from ({"dim": dim} for dim in (*range(1, LAST_DIM), *range(-1, -LAST_DIM, -1)))
        elif row.choices and not row.dims:
            yield from ({row.name: word} for word in row.choices if word != row.default)


def _assigned(free: Sequence[Param], values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Values for settings in their order, skipping some; all values for one list; numbers with the other sign."""
    if not values:
        yield {}
        return
    for rows in combinations(free, len(values)):
        for signs in product((1, -1), repeat=len(values)):
            yield {row.name: _signed(value, sign) for row, value, sign in zip(rows, values, signs, strict=True)}
    for row in free:
        if row.listed or row.dims:
            yield {row.name: tuple(values)}


def _signed(value: Any, sign: int) -> Any:
    return -value if sign < 0 and type(value) in (int, float) else value


def _joined(statements: Sequence[ast.stmt]) -> int:
    """How many tensors are put together in the longest list."""
    lists = (part for part in ast.walk(statements[0]) if isinstance(part, ast.Tuple | ast.List))
    return max((len(part.elts) for part in lists if all(isinstance(e, ast.Name) for e in part.elts)), default=0)


def _results(statements: Sequence[ast.stmt]) -> int:
    """How many variables the first statement fills, if it unpacks what it gets."""
    target = statements[0].targets[0] if isinstance(statements[0], ast.Assign) else None
    return len(target.elts) if isinstance(target, ast.Tuple | ast.List) else 0


def _constants(statements: Sequence[ast.stmt], bindings: Bindings, grouped: bool) -> list[Any]:
    """The values in statements that have no name, in order; tuples of them whole if `grouped`."""
    found: list[Any] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.keyword):
            return
        if isinstance(node, ast.Tuple | ast.List) and grouped and isinstance(node.ctx, ast.Load):
            inner = [value for part in node.elts if (value := _literal(part, bindings)) is not None]
            found.extend([tuple(inner)] if inner else [])
            return
        if isinstance(node, ast.expr) and (value := _literal(node, bindings)) is not None:
            found.append(value)
            return
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    for statement in statements:
        if isinstance(statement, ast.Assign):
            visit(statement.value)
    return found


def _literal(node: ast.expr, bindings: Bindings) -> Any:
    """The value of a plain number or text, or None."""
    if isinstance(node, ast.Constant | ast.UnaryOp | ast.BinOp) or (isinstance(node, ast.Name) and node.id in bindings):
        try:
            return value_of(node, bindings)
        except NotUnderstood:
            return None
    return None

"""Loops over numbers and over the members of an nn.ModuleList, as the lines that they stand for."""

from __future__ import annotations

import ast
from collections import Counter
from copy import deepcopy

from engine.reading.filling import Filling
from engine.reading.spelling import dotted
from engine.reading.syntax import ClassText, members_of
from engine.reading.values import trouble, value_of

MOST_LINES = 2_000
"""How many lines the loops of one `forward` may stand for."""


def unroll(text: ClassText) -> None:
    """Replace the loops in a class's `forward`. A list that is only run through as a whole stays. NotUnderstood."""
    lists = [name for name, creation in text.creations.items() if _container(creation)]
    kept = [_over(loop) for loop in text.body if isinstance(loop, ast.For) and runs_through(loop)]
    uses = Counter(name for statement in text.body for part in ast.walk(statement) for name in _attribute(part))
    whole = Counter(
        name for s in text.body for p in ast.walk(s) if isinstance(p, ast.Call) for name in _attribute(p.func)
    )
    single = {name for name in lists if uses[name] == 1 and name in kept}
    taken_apart = {name for name in lists if name in uses and name not in whole and name not in single}
    members = {name: _members(text, name) for name in taken_apart}
    text.body = [line for statement in text.body for line in _lines(statement, members)]
    if len(text.body) > MOST_LINES:
        raise trouble(text.node, f"the loops of {text.name} stand for more than {MOST_LINES} lines")
    text.body = [_Members(members).line(statement) for statement in text.body]


def _container(creation: ast.expr) -> bool:
    """Whether this creates modules that can be taken by number."""
    name = dotted(creation.func) if isinstance(creation, ast.Call) else ""
    inner = creation.args[0] if isinstance(creation, ast.Call) and len(creation.args) == 1 else None
    named = isinstance(inner, ast.Call) and dotted(inner.func) == "OrderedDict"
    return name in ("nn.ModuleList", "nn.Sequential") and not named


def _over(loop: ast.For) -> str:
    """The attribute whose members a loop runs through, or nothing."""
    name = dotted(loop.iter)
    return name.removeprefix("self.") if name.startswith("self.") else ""


def runs_through(loop: ast.For) -> bool:
    """Whether each member takes what the last one gave, and nothing else happens: x = layer(x)."""
    inner = loop.body[0] if len(loop.body) == 1 else None
    value = inner.value if isinstance(inner, ast.Assign) else None
    if not isinstance(inner, ast.Assign) or not isinstance(value, ast.Call) or loop.orelse or value.keywords:
        return False
    target = ast.unparse(inner.targets[0]).strip("()")
    return ast.unparse(value.func) == ast.unparse(loop.target) and target == ", ".join(map(ast.unparse, value.args))


def _attribute(node: ast.AST) -> list[str]:
    name = dotted(node) if isinstance(node, ast.Attribute) else ""
    return [name.removeprefix("self.")] if name.startswith("self.") else []


def _members(text: ClassText, name: str) -> list[str]:
    """Attributes of their own for the members of a list."""
    creation = text.creations.pop(name)
    assert isinstance(creation, ast.Call)
    found = []
    for number, member in enumerate(members_of(creation), 1):
        own = f"{name}{number}"
        while own in text.creations:
            own += "_"
        text.creations[own] = member
        found.append(own)
    return found


def _lines(statement: ast.stmt, members: dict[str, list[str]]) -> list[ast.stmt]:
    """The lines that a loop stands for; any other line as it is."""
    if not isinstance(statement, ast.For) or (_over(statement) not in members and runs_through(statement)):
        return [statement]
    rounds = _rounds(statement.iter, members)
    if rounds is None or statement.orelse:
        return [statement]
    found: list[ast.stmt] = []
    for value in rounds:
        filling = Filling()
        _bind(filling, statement.target, value)
        for line in statement.body:
            found += _lines(filling.visit(deepcopy(line)), members)
        if len(found) > MOST_LINES:
            raise trouble(statement, f"this loop stands for more than {MOST_LINES} lines")
    return found


def _bind(filling: Filling, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, part in zip(target.elts, value.elts, strict=True):
            _bind(filling, one, part)
    elif isinstance(target, ast.Name):
        filling.keep(target.id, value)
    else:
        raise trouble(target, f"{ast.unparse(target)[:60]} does not suit what this loop runs over")


def _rounds(over: ast.expr, members: dict[str, list[str]]) -> list[ast.expr] | None:
    """What the variables of a loop stand for, one time after the other; None where that is not known."""
    if isinstance(over, ast.Attribute):
        own = members.get(dotted(over).removeprefix("self."))
        return None if own is None else [_own(member) for member in own]
    name = dotted(over.func) if isinstance(over, ast.Call) and not over.keywords else ""
    arguments = over.args if isinstance(over, ast.Call) else []
    if name == "range":
        return _counted(arguments, members)
    inner = [_rounds(argument, members) for argument in arguments] if name in ("zip", "enumerate", "reversed") else []
    known = [rounds for rounds in inner if rounds is not None]
    if not inner or len(known) != len(inner):
        return None
    if name == "zip":
        return [ast.Tuple([*parts], ast.Load()) for parts in zip(*known, strict=False)]
    if name == "reversed":
        return known[0][::-1]
    return [ast.Tuple([ast.Constant(number), part], ast.Load()) for number, part in enumerate(known[0])]


def _counted(limits: list[ast.expr], members: dict[str, list[str]]) -> list[ast.expr] | None:
    """The numbers of range(3), or of range(len(self.layers))."""
    numbers = []
    for limit in limits:
        inner = limit.args[0] if isinstance(limit, ast.Call) and dotted(limit.func) == "len" and limit.args else limit
        own = members.get(dotted(inner).removeprefix("self."))
        numbers.append(value_of(limit, {}) if own is None else len(own))
    if not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        return None
    if not all(type(number) is int and abs(number) <= MOST_LINES for number in numbers):
        return None
    return [ast.Constant(step) for step in range(*numbers)]


def _own(member: str) -> ast.expr:
    return ast.Attribute(ast.Name("self", ast.Load()), member, ast.Load())


class _Members(ast.NodeTransformer):
    """`self.layers[0]` becomes the attribute of that member."""

    def __init__(self, members: dict[str, list[str]]) -> None:
        self.members = members

    def line(self, statement: ast.stmt) -> ast.stmt:
        """A line with the members that it calls."""
        made = self.visit(statement)
        assert isinstance(made, ast.stmt)
        return ast.fix_missing_locations(made)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        own = self.members.get(dotted(node.value).removeprefix("self."))
        if own is None or not isinstance(node.ctx, ast.Load):
            return node
        number = value_of(node.slice, {})
        if type(number) is not int or not -len(own) <= number < len(own):
            raise trouble(node, f"{ast.unparse(node)[:60]} is none of its {len(own)} modules")
        return ast.copy_location(_own(own[number]), node)

"""The parts of a network's text: its classes, what they create, and what they compute."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

IMPORTS = ("torch", "torch.nn", "torch.nn.functional", "collections")
BASES = ("nn.Module", "nn.ModuleList", "nn.Sequential")


@dataclass(frozen=True)
class Trouble:
    """A line that cannot be understood, and why; lines count from 1."""

    line: int
    reason: str


class NotUnderstood(Exception):
    """A text that is no drawing; `troubles` has each line that stands in the way."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__("\n".join(f"Line {trouble.line}: {trouble.reason}" for trouble in troubles))
        self.troubles = troubles


def trouble(node: ast.AST, reason: str) -> NotUnderstood:
    """One line that cannot be understood."""
    return NotUnderstood(Trouble(getattr(node, "lineno", 1), reason))


@dataclass
class ClassText:
    """One class of the text."""

    name: str
    node: ast.ClassDef
    base: str
    arguments: tuple[str, ...] = ()
    creations: dict[str, ast.expr] = field(default_factory=dict)
    """What `__init__` puts into which attribute; numbered members are called `_0`, `_1`."""
    setups: list[ast.Call] = field(default_factory=list)
    """Initial weights and freezing."""
    inputs: tuple[str, ...] = ()
    body: list[ast.stmt] = field(default_factory=list)
    """The statements of `forward`, without its return."""
    answer: ast.expr | None = None
    row: ast.Call | None = None
    """For a class that is an nn.Sequential: the call that fills it."""


def classes_of(text: str) -> dict[str, ClassText]:
    """Every class of a text by its name. Raises NotUnderstood."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise NotUnderstood(Trouble(error.lineno or 1, f"this is no Python: {error.msg}")) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotUnderstood(Trouble(1, "this is no Python that can be read")) from error
    found: dict[str, ClassText] = {}
    troubles: list[Trouble] = []
    for statement in tree.body:
        try:
            if isinstance(statement, ast.ClassDef):
                found[statement.name] = _class(statement)
            elif not _harmless(statement):
                raise trouble(statement, "only imports of PyTorch and classes can stand here")
        except NotUnderstood as error:
            troubles += error.troubles
    if troubles:
        raise NotUnderstood(*troubles)
    return found


def dotted(node: ast.expr) -> str:
    """A name with dots, `torch.nn.functional`, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def value_of(node: ast.expr, bindings: Mapping[str, Any]) -> Any:
    """A literal, in which arguments of the class stand for their values. Raises NotUnderstood."""
    if isinstance(node, ast.Name) and node.id in bindings:
        return bindings[node.id]
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(value_of(part, bindings) for part in node.elts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError) as error:
        raise trouble(node, f"{ast.unparse(node)[:60]} is no plain value") from error


def _harmless(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return all(alias.name in IMPORTS for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return statement.module in IMPORTS and not statement.level
    return _is_text(statement)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _class(node: ast.ClassDef) -> ClassText:
    base = dotted(node.bases[0]) if len(node.bases) == 1 else ""
    if base not in BASES or node.decorator_list or node.keywords:
        raise trouble(node, f"{node.name} must derive from {', '.join(BASES[:-1])} or {BASES[-1]}")
    text = ClassText(node.name, node, base)
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            text.arguments = _arguments(part)
            _read_creations(text, part)
        elif isinstance(part, ast.FunctionDef) and part.name == "forward":
            _read_forward(text, part)
        elif not (_is_text(part) or (isinstance(part, ast.FunctionDef) and part.name == "train")):
            raise trouble(part, "a network has only __init__ and forward (and train, where something is frozen)")
    if text.answer is None and base != "nn.Sequential":
        raise trouble(node, f"{node.name} needs a forward that returns what it computes")
    return text


def _arguments(function: ast.FunctionDef) -> tuple[str, ...]:
    given = function.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.defaults or given.posonlyargs:
        raise trouble(function, "arguments must be plain names")
    return tuple(argument.arg for argument in given.args[1:])


def _read_creations(text: ClassText, function: ast.FunctionDef) -> None:
    for statement in function.body:
        if _is_text(statement):
            continue
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
            _read_super(text, call)
        elif isinstance(call, ast.Call) and _sets_up(call):
            text.setups.append(call)
        elif isinstance(statement, ast.Assign) and (name := _attribute(statement.targets)):
            if name in text.creations:
                raise trouble(statement, f"self.{name} is created twice")
            text.creations[name] = statement.value
        else:
            raise trouble(statement, "here a module is created: self.name = nn.Something(...), or its weights are set")


def _sets_up(call: ast.Call) -> bool:
    """Whether a call sets initial weights or freezes a block."""
    name = ast.unparse(call.func)
    return name.startswith("nn.init.") or name.endswith(".requires_grad_")


def _read_super(text: ClassText, call: ast.Call) -> None:
    if text.base == "nn.Sequential":
        text.row = call
    elif text.base == "nn.ModuleList" and call.args:
        for number, member in enumerate(members_of(call)):
            text.creations[f"_{number}"] = member


def members_of(call: ast.Call) -> list[ast.expr]:
    """The modules in `nn.Sequential(a, b)`, `nn.ModuleList([a, b])`, or `Unit(8) for _ in range(3)`."""
    found: list[ast.expr] = []
    for argument in call.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.List | ast.Tuple):
            found += inner.elts
        elif isinstance(inner, ast.GeneratorExp | ast.ListComp):
            found += _repeated(inner)
        else:
            found.append(inner)
    return found


MOST_COPIES = 1000


def _repeated(loop: ast.GeneratorExp | ast.ListComp) -> Iterator[ast.expr]:
    count = loop.generators[0].iter if len(loop.generators) == 1 and not loop.generators[0].ifs else None
    if isinstance(count, ast.Call) and dotted(count.func) == "range" and len(count.args) == 1:
        times = value_of(count.args[0], {})
        if type(times) is int and 0 < times <= MOST_COPIES:
            return iter([loop.elt] * times)
    raise trouble(loop, f"copies are written as: Unit(8) for _ in range(3), at most {MOST_COPIES}")


def _read_forward(text: ClassText, function: ast.FunctionDef) -> None:
    text.inputs = _arguments(function)
    body = [statement for statement in function.body if not _is_text(statement)]
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or last.value is None:
        raise trouble(last or function, "forward must end by returning what it computes")
    text.body, text.answer = body[:-1], last.value


def _attribute(targets: list[ast.expr]) -> str:
    """The name in `self.name`, for one target."""
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, ast.Attribute) and dotted(target.value) == "self":
        return target.attr
    return ""

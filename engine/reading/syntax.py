"""The parts of a network's text: its classes, what they create, and what they compute."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from engine.reading.filling import Filling, NotFilled, is_plain
from engine.reading.spelling import dotted, spelled
from engine.reading.values import NotUnderstood, Trouble, trouble, value_of

IMPORTS = ("torch", "collections", "typing", "__future__")
"""Packages whose imports may stand in a text; none of them is imported."""
BASES = ("nn.Module", "nn.ModuleList", "nn.Sequential")


@dataclass
class ClassText:
    """One class of the text."""

    name: str
    node: ast.ClassDef
    base: str
    arguments: tuple[str, ...] = ()
    defaults: dict[str, ast.expr] = field(default_factory=dict)
    """What arguments are where nothing is given for them."""
    filling: Filling = field(default_factory=Filling)
    """What names in `__init__` and `forward` stand for."""
    creations: dict[str, ast.expr] = field(default_factory=dict)
    """What `__init__` puts into which attribute; numbered members are called `_0`, `_1`."""
    setups: list[ast.Call] = field(default_factory=list)
    """Initial weights and freezing."""
    inputs: tuple[str, ...] = ()
    body: list[ast.stmt] = field(default_factory=list)
    """The statements of `forward`, without its return; what it returns in one expression stands in a line before."""
    answer: ast.expr | None = None
    variables: set[str] = field(default_factory=set)
    """Every name in `forward`."""
    row: ast.Call | None = None
    """For a class that is an nn.Sequential: the call that fills it."""

    source: str = ""
    """The whole text that the class stands in."""

    def as_written(self, node: ast.expr) -> str:
        """The first letters of an expression in the words of the text."""
        said = ast.get_source_segment(self.source, node) or ast.unparse(node)
        return " ".join(said.split())[:60]

    def unused(self) -> str:
        """A variable that `forward` does not use, called `_1` or `_2`: never like a block."""
        name = next(name for number in count(1) if (name := f"_{number}") not in self.variables)
        self.variables.add(name)
        return name


def classes_of(text: str) -> dict[str, ClassText]:
    """Every class of a text by its name. Raises NotUnderstood."""
    try:
        tree = spelled(ast.parse(text))
    except SyntaxError as error:
        raise NotUnderstood(Trouble(error.lineno or 1, f"this is no Python: {error.msg}")) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotUnderstood(Trouble(1, "this is no Python that can be read")) from error
    found: dict[str, ClassText] = {}
    troubles: list[Trouble] = []
    for statement in tree.body:
        try:
            if isinstance(statement, ast.ClassDef):
                found[statement.name] = _class(statement, text)
            elif not _harmless(statement):
                raise trouble(statement, "only imports of PyTorch and classes can stand here")
        except NotUnderstood as error:
            troubles += error.troubles
        except NotFilled as error:
            troubles.append(Trouble(error.line, error.reason))
    if troubles:
        raise NotUnderstood(*troubles)
    return found


def _harmless(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return all(alias.name.partition(".")[0] in IMPORTS for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").partition(".")[0] in IMPORTS and not statement.level
    return _is_text(statement)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _class(node: ast.ClassDef, source: str) -> ClassText:
    base = dotted(node.bases[0]) if len(node.bases) == 1 else ""
    if base not in BASES or node.decorator_list or node.keywords:
        raise trouble(node, f"{node.name} must derive from {', '.join(BASES[:-1])} or {BASES[-1]}")
    text = ClassText(node.name, node, base, source=source)
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            text.arguments, text.defaults = _arguments(part)
            _read_creations(text, part)
        elif isinstance(part, ast.FunctionDef) and part.name == "forward":
            _read_forward(text, part)
        elif not (_is_text(part) or (isinstance(part, ast.FunctionDef) and part.name == "train")):
            raise trouble(part, "a network has only __init__ and forward (and train, where something is frozen)")
    text.body = [text.filling.in_forward(statement) for statement in text.body]
    if text.answer is None and base != "nn.Sequential":
        raise trouble(node, f"{node.name} needs a forward that returns what it computes")
    return text


def _arguments(function: ast.FunctionDef) -> tuple[tuple[str, ...], dict[str, ast.expr]]:
    """The names of a function's arguments behind `self`, and what they are where nothing is given."""
    given = function.args
    if given.vararg or given.kwarg or given.posonlyargs or not given.args:
        raise trouble(function, f"{function.name} takes self and plain names")
    names = [argument.arg for argument in given.args[1:]]
    defaults = dict(zip(reversed(names), reversed(given.defaults), strict=False))
    for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        names.append(argument.arg)
        defaults.update({argument.arg: value} if value else {})
    return tuple(names), defaults


def _read_creations(text: ClassText, function: ast.FunctionDef) -> None:
    for line in function.body:
        if _is_text(line) or isinstance(line, ast.Pass):
            continue
        statement = text.filling.visit(line)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and _is_super(call):
            _read_super(text, call)
        elif isinstance(call, ast.Call) and _sets_up(call):
            text.setups.append(call)
        elif isinstance(statement, ast.For) and (frozen := _frozen(statement)):
            text.setups.append(frozen)
        elif isinstance(statement, ast.Assign) and (name := _variable(statement)):
            text.filling.keep(name, statement.value)
        elif isinstance(statement, ast.Assign) and (name := _attribute(statement.targets)):
            if name in text.creations:
                raise trouble(statement, f"self.{name} is created twice")
            text.creations[name] = statement.value
        else:
            raise trouble(statement, "here a module is created: self.name = nn.Something(...), or its weights are set")


def _is_super(call: ast.Call) -> bool:
    """Whether this is super().__init__(), with or without the name of the class."""
    function = call.func
    inner = function.value if isinstance(function, ast.Attribute) and function.attr == "__init__" else None
    return isinstance(inner, ast.Call) and dotted(inner.func) == "super"


def _variable(statement: ast.Assign) -> str:
    """The name that a line gives to a value or, inside `__init__`, to a module on its way."""
    target = statement.targets[0] if len(statement.targets) == 1 else None
    if isinstance(target, ast.Name):
        return target.id
    name = _attribute(statement.targets)
    return f"self.{name}" if name and is_plain(statement.value) else ""


def _sets_up(call: ast.Call) -> bool:
    """Whether a call sets initial weights or freezes a block."""
    name = ast.unparse(call.func)
    return name.startswith("nn.init.") or name.endswith(".requires_grad_")


def _frozen(loop: ast.For) -> ast.Call | None:
    """`for p in self.features.parameters(): p.requires_grad = False`, as self.features.requires_grad_(False)."""
    owner = loop.iter.func if isinstance(loop.iter, ast.Call) and not loop.iter.args else None
    name = dotted(loop.target)
    freezing = (f"{name}.requires_grad = False", f"{name}.requires_grad_(False)")
    if (
        not isinstance(owner, ast.Attribute)
        or owner.attr != "parameters"
        or "; ".join(map(ast.unparse, loop.body)) not in freezing
    ):
        return None
    function = ast.copy_location(ast.Attribute(owner.value, "requires_grad_", ast.Load()), loop)
    return ast.copy_location(ast.Call(function, [ast.Constant(False)], []), loop)


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
    text.inputs, defaults = _arguments(function)
    if defaults:
        raise trouble(function, "forward takes tensors, which have no default")
    body = [statement for statement in function.body if not (_is_text(statement) or isinstance(statement, ast.Pass))]
    last = body[-1] if body else None
    if not isinstance(last, ast.Return) or last.value is None:
        raise trouble(last or function, "forward must end by returning what it computes")
    text.variables = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    text.body, text.answer = body[:-1], last.value
    parts = last.value.elts if isinstance(last.value, ast.Tuple | ast.List) else [last.value]
    if not all(isinstance(part, ast.Name) or _is_none(part) for part in parts):
        names: list[ast.expr] = [part if isinstance(part, ast.Name) else _line_for(text, part) for part in parts]
        text.answer = ast.copy_location(ast.Tuple(names, ast.Load()), last)


def _line_for(text: ClassText, value: ast.expr) -> ast.Name:
    """A variable for an expression that `forward` returns, computed in a line of its own."""
    name = text.unused()
    target = ast.copy_location(ast.Name(name, ast.Store()), value)
    text.body.append(ast.copy_location(ast.Assign([target], value), value))
    return ast.copy_location(ast.Name(name, ast.Load()), value)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _attribute(targets: list[ast.expr]) -> str:
    """The name in `self.name`, for one target."""
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, ast.Attribute) and dotted(target.value) == "self":
        return target.attr
    return ""

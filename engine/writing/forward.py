"""The text of `forward`, and of `train` where frozen blocks must keep their running statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.blocks.base import shape_text
from engine.program import Module, Part, Program, Statement, Step
from engine.writing.chains import joined, moved
from engine.writing.expressions import INDENT, Line
from engine.writing.manner import Manner


def forward_lines(
    program: Program, path: str, members: Mapping[str, str], manner: Manner, family: Sequence[Program]
) -> list[Line]:
    """The lines of `forward`. A line's shapes are told in a comment where they are the same in the whole family."""
    lines = [Line(f"{INDENT}def forward({', '.join(['self', *program.inputs])}):")]
    loops = {m.name for m in program.modules if isinstance(m.create, Part) and _loops(m.create, manner)}
    for index, step in enumerate(program.steps):
        owner = joined(path, step.block)
        alike = len({other.steps[index].shapes for other in family}) == 1
        comment = f"  # {_shapes(step)}" if alike else ""
        texts = [str(_placed(statement, step, members)) for statement in _statements(step, manner, members)]
        if step.module in loops:
            texts = _loop(program, step, members)
        texts[-1] += comment
        lines += [Line(2 * INDENT + text, owner) for text in texts]
    return [*lines, Line(f"{2 * INDENT}return {', '.join(program.outputs) or 'None'}")]


def member_of(module: Module, owner: str = "self") -> str:
    """How the program reaches a module of its owner."""
    return f'{owner}.get_submodule("{module.key}")' if module.key else f"{owner}.{module.name}"


def _statements(step: Step, manner: Manner, members: Mapping[str, str]) -> tuple[Statement, ...]:
    if manner.functional and step.function and step.module and step.module not in members:
        return (step.function,)
    return step.statements


def _placed(statement: Statement, step: Step, members: Mapping[str, str]) -> Statement:
    if step.module not in members:
        return statement
    return Statement(statement.target, moved(statement.value, f"self.{step.module}", members[step.module]))


def _loops(part: Part, manner: Manner) -> bool:
    return len(part.copies) > 1 and (manner.loops or len(part.copies[0].inputs) > 1)


def _loop(program: Program, step: Step, members: Mapping[str, str]) -> list[str]:
    """A repeated group as a loop over its copies."""
    taken = {*program.inputs, *(name for other in program.steps for name in (other.block, *other.results))}
    layer = next(name for name in ("layer", "layer_", "copy", "copy_", "each_layer") if name not in taken)
    value = step.statements[0].value
    arguments = ", ".join(map(str, getattr(value, "args", ())))
    results = ", ".join(step.results)
    member = members.get(step.module, f"self.{step.module}")
    return [f"{results} = {arguments}", f"for {layer} in {member}:", f"{INDENT}{results} = {layer}({results})"]


def _shapes(step: Step) -> str:
    return ", ".join(shape_text(shape, batch=True).replace("×", " x ") for shape in step.shapes)


def still_lines(program: Program, numbered: bool, inlined: Callable[[Part], bool]) -> list[Line]:
    """An own `train` that leaves the running statistics of frozen blocks as they are, if there are such blocks."""
    still = list(_still(program, "self", numbered, frozen=False, inlined=inlined))
    if not still:
        return []
    return [
        Line(""),
        Line(f"{INDENT}def train(self, mode=True):"),
        Line(f"{2 * INDENT}super().train(mode)"),
        *(Line(f"{2 * INDENT}{place}.eval()  # frozen: its running statistics stay as they are") for place in still),
        Line(f"{2 * INDENT}return self"),
    ]


def _still(
    program: Program, prefix: str, numbered: bool, frozen: bool, inlined: Callable[[Part], bool]
) -> Iterator[str]:
    for index, module in enumerate(program.modules):
        place = f"{prefix}[{index}]" if numbered else member_of(module, prefix)
        yield from _still_module(module, place, frozen or module.frozen, inlined)


def _still_module(module: Module, place: str, frozen: bool, inlined: Callable[[Part], bool]) -> Iterator[str]:
    if not isinstance(module.create, Part):
        if frozen and module.running_statistics:
            yield place
        return
    part = module.create
    if frozen or inlined(part):
        for number, copy in enumerate(part.copies):
            inside = f"{place}[{number}]" if len(part.copies) > 1 else place
            yield from _still(copy, inside, part.numbered, frozen, inlined)

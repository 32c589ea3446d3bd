"""The classes of a program: which groups are alike, what differs between them, and the text of each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.program import Call, Module, Part, Program, Variable
from engine.writing.chains import chain_of, joined, moved, sequential
from engine.writing.class_arguments import argument_names
from engine.writing.expressions import BARE, INDENT, Expression, Leaf, Line, Made, Row
from engine.writing.forward import forward_lines, member_of, still_lines
from engine.writing.manner import Manner


@dataclass
class Instance:
    """One copy of a group, or the whole network, that is written as a class."""

    class_name: str
    numbered: bool
    program: Program
    path: str
    """The path of the group."""
    key: str
    """The path with the number of every copy on the way: `stage1[0]/block1[2]`."""
    height: int = 1
    creations: list[tuple[Module, Expression]] = field(default_factory=list)

    def values(self) -> list[Any]:
        """The values in all slots of all its creations."""
        return [slot.value for _, expression in self.creations for slot in expression.slots()]


class Classes:
    """Writes every class that a program needs, those inside first."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.homes: dict[str, str] = {}
        self.names: set[str] = set()
        self._made: dict[str, Made] = {}

    def write(self, program: Program, name: str) -> list[Line]:
        """The lines of all classes; the network's own is the last."""
        self.names.add(name)
        if self.manner.sequential:
            return self._as_sequential(program, name)
        network = Instance(name, False, program, "", "", 0)
        found = list(self._instances(network))
        lines = []
        for height in range(1, max((instance.height for instance in found), default=0) + 1):
            families: dict[Any, list[Instance]] = {}
            for instance in found:
                if instance.height == height:
                    self._create(instance)
                    families.setdefault(self._skeleton(instance), []).append(instance)
            for family in families.values():
                lines += [*self._family(family), Line(""), Line("")]
        self._create(network)
        return [*lines, *self._class(network, name, {}, [network])]

    def _instances(self, parent: Instance) -> Iterator[Instance]:
        """Every class-like part of a program, at any depth; sets the heights on the way back."""
        for module in parent.program.modules:
            if isinstance(module.create, Part):
                for number, copy in enumerate(module.create.copies):
                    part, path, key = module.create, joined(parent.path, module.name), _key(parent.key, module, number)
                    inner = Instance(part.class_name, part.numbered, copy, path, key)
                    yield from self._instances(inner)
                    inlined = part.numbered and chain_of(copy)
                    if not inlined:
                        yield inner
                    parent.height = max(parent.height, inner.height + (0 if inlined else 1))

    def _create(self, instance: Instance) -> None:
        instance.creations = [
            (module, self._expression(module, instance.path, instance.key))
            for module in instance.program.modules
            if instance.numbered or not self._is_function(module, instance.program)
        ]

    def _is_function(self, module: Module, program: Program) -> bool:
        uses = (step for step in program.steps if step.module == module.name)
        return self.manner.functional and all(step.function for step in uses)

    def _expression(self, module: Module, outer: str, outer_key: str, inlined: bool = False) -> Expression:
        """How a module is created; `inlined` where it stands in an nn.Sequential, which calls it by itself."""
        path = joined(outer, module.name)
        if isinstance(module.create, Call):
            return Leaf(module.create, path)
        part, copies = module.create, list[Expression]()
        for number, copy in enumerate(part.copies):
            key = _key(outer_key, module, number)
            if key in self._made:
                copies.append(self._made[key])
            else:
                members = (self._expression(inner, path, key, inlined=True) for inner in copy.modules)
                copies.append(Row("nn.Sequential", tuple(members), path))
        if len(copies) == 1:
            return copies[0]
        loops = (self.manner.loops and not inlined) or len(part.copies[0].inputs) > 1
        return Row("nn.ModuleList" if loops else "nn.Sequential", tuple(copies), path)

    def _skeleton(self, instance: Instance) -> Any:
        """What two instances must have in common to be written as one class."""
        program = instance.program
        return (
            instance.class_name,
            instance.numbered,
            program.inputs,
            program.outputs,
            tuple((m.name, m.key, m.setup, m.frozen, expression.skeleton()) for m, expression in instance.creations),
            tuple((step.block, step.statements, step.function) for step in program.steps),
        )

    def _family(self, family: list[Instance]) -> list[Line]:
        """The class of instances that are built alike, and what each of them gives it."""
        first = family[0]
        name = self._fresh(first.class_name)
        slots = [slot for _, expression in first.creations for slot in expression.slots()]
        table = list(zip(*(instance.values() for instance in family), strict=True))
        arguments = argument_names(slots, table)
        order = list(dict.fromkeys(arguments[index] for index in sorted(arguments)))
        for instance in family:
            values = instance.values()
            given = {arguments[index]: values[index] for index in sorted(arguments)}
            self._made[instance.key] = Made(name, tuple((word, given[word]) for word in order), instance.path)
            if instance.path != first.path:
                self.homes[instance.path] = first.path
        return self._class(first, name, arguments, family)

    def _fresh(self, wish: str) -> str:
        name, number = wish, 1
        while name in self.names:
            number += 1
            name = f"{wish}{number}"
        self.names.add(name)
        return name

    def _class(self, first: Instance, name: str, arguments: dict[int, str], family: Sequence[Instance]) -> list[Line]:
        """The text of one class. `arguments` says which slots are filled by an argument of `__init__`."""
        values = _filled(first, arguments) if arguments else None
        order = list(dict.fromkeys(arguments[index] for index in sorted(arguments)))
        base = "nn.ModuleList" if first.numbered else "nn.Module"
        lines = [
            Line(f"class {name}({base}):"),
            Line(f"    def __init__({', '.join(['self', *order])}):"),
            *self._creation_lines(first, values),
            Line(""),
            *forward_lines(first.program, first.path, self._members(first), self.manner, [i.program for i in family]),
        ]
        return [*lines, *still_lines(first.program, first.numbered, inlined=lambda part: self._inlined(part))]

    def _inlined(self, part: Part) -> bool:
        return part.numbered and all(chain_of(copy) for copy in part.copies)

    def _members(self, instance: Instance) -> dict[str, str]:
        """How the class's own text reaches each module: `self.conv1`, or `self[0]` where they are numbered."""
        counted = [m.name for m, _ in instance.creations if not _is_parameter(m)] if instance.numbered else []
        keyed = {m.name: member_of(m) for m, _ in instance.creations if m.key and not instance.numbered}
        return {**keyed, **{name: f"self[{number}]" for number, name in enumerate(counted)}}

    def _creation_lines(self, instance: Instance, values: Iterator[Any] | None) -> list[Line]:
        outer, inner, setup = list[Line](), list[Line](), list[Line]()
        members = self._members(instance)
        for module, expression in instance.creations:
            made = expression.lines(values)
            if module.key and not instance.numbered:
                outer += _added(module, made)
            elif module.name in members:
                inner += [*made[:-1], Line(made[-1].text + ",", made[-1].owner)]
            else:
                outer += [Line(f"self.{module.name} = {made[0].text}", made[0].owner), *made[1:]]
            member = members.get(module.name, f"self.{module.name}")
            setup += self._setup_lines(module, member, instance.path, instance.key)
        start = [Line("super().__init__()")]
        if inner:
            inner = [Line(INDENT + line.text, line.owner) for line in inner]
            start = [Line("super().__init__(["), *inner, Line("])")]
        return [Line(2 * INDENT + line.text, line.owner) for line in (*start, *outer, *setup)]

    def _setup_lines(self, module: Module, member: str, outer: str, outer_key: str) -> Iterator[Line]:
        """Initial weights and freezing, of a module and of what is written inside it without a class."""
        path = joined(outer, module.name)
        if isinstance(module.create, Part):
            part = module.create
            for number, copy in enumerate(part.copies):
                key = _key(outer_key, module, number)
                if key not in self._made:
                    place = f"{member}[{number}]" if len(part.copies) > 1 else member
                    for index, inner in enumerate(copy.modules):
                        inside = f"{place}[{index}]" if part.numbered else f"{place}.{inner.name}"
                        yield from self._setup_lines(inner, inside, path, key)
        for call in module.setup:
            yield Line(str(moved(call, f"self.{module.name}", member)), path)

    def _as_sequential(self, program: Program, name: str) -> list[Line]:
        """The network as nested nn.Sequential. Raises NotSequential."""
        row = sequential(program, "", False, "The drawing")
        made = row.lines(None)
        setup = [line for m in program.modules for line in self._setup_lines(m, f"self.{m.name}", "", "")]
        inner = [Line(made[0].text.replace("nn.Sequential(", "super().__init__(", 1)), *made[1:], *setup]
        return [
            Line(f"class {name}(nn.Sequential):"),
            Line("    def __init__(self):"),
            *(Line(2 * INDENT + line.text, line.owner) for line in inner),
            *still_lines(program, numbered=False, inlined=lambda part: True),
        ]


def _added(module: Module, made: list[Line]) -> list[Line]:
    """The lines that create a module under a key that is no name."""
    first, last = made[0], made[-1]
    head = f'self.add_module("{module.key}", {first.text}'
    if len(made) == 1:
        return [Line(f"{head})", first.owner)]
    return [Line(head, first.owner), *made[1:-1], Line(f"{last.text})", last.owner)]


def _filled(instance: Instance, arguments: dict[int, str]) -> Iterator[Any]:
    """The values of all slots, with the class's arguments in the place of some."""
    return (Variable(arguments[i]) if i in arguments else value for i, value in enumerate(instance.values()))


def _key(outer: str, module: Module, number: int) -> str:
    return joined(outer, f"{module.name}[{number}]")


def _is_parameter(module: Module) -> bool:
    """Whether it is a bare tensor, which a list of modules cannot hold."""
    return isinstance(module.create, Call) and module.create.target in BARE

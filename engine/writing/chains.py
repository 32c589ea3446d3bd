"""Chains: programs in which each module takes what the last one gave, so that nn.Sequential can hold them."""

from __future__ import annotations

from typing import Any

from engine.program import Call, Module, Program, Statement, Variable
from engine.writing.expressions import BARE, Expression, Leaf, Row
from engine.writing.manner import NotSequential


def joined(path: str, name: str) -> str:
    """The path of a block inside a group."""
    return f"{path}/{name}" if path else name


def chain_of(program: Program) -> bool:
    """Whether nn.Sequential can hold the modules of a program in their order."""
    return not why_no_chain(program)


def why_no_chain(program: Program) -> str:
    """What keeps a program from being a chain of modules, or nothing."""
    if len(program.inputs) != 1 or len(program.outputs) != 1:
        return "has several inputs or outputs"
    last = program.inputs[0]
    for step in program.steps:
        if not step.module:
            return f"has {step.block}, which is no module in PyTorch"
        plain = Statement(step.results[0], Call(f"self.{step.module}", (Variable(last),)))
        if len(step.results) != 1 or step.statements != (plain,):
            return f"has {step.block}, which does not just pass the last result on"
        last = step.results[0]
    if program.outputs[0] != last:
        return "gives out a result from its middle"
    if [step.module for step in program.steps] != [module.name for module in program.modules]:
        return "uses a module twice or in another order"
    if any(module.key for module in program.modules):
        return "has a module whose key is no name"
    if any(isinstance(m.create, Call) and m.create.target in BARE for m in program.modules):
        return "has a tensor of its own"
    return ""


def sequential(program: Program, path: str, numbered: bool, who: str) -> Row:
    """A program as nested nn.Sequential. Raises NotSequential."""
    if reason := why_no_chain(program):
        raise NotSequential(f"{who} {reason}, so it cannot be written as nn.Sequential. Export it as a module.")
    members = tuple(_member(module, joined(path, module.name)) for module in program.modules)
    return Row("nn.Sequential", members, path, () if numbered else tuple(module.name for module in program.modules))


def _member(module: Module, path: str) -> Expression:
    if isinstance(module.create, Call):
        return Leaf(module.create, path)
    part = module.create
    copies = tuple(sequential(copy, path, part.numbered, path) for copy in part.copies)
    return copies[0] if len(copies) == 1 else Row("nn.Sequential", copies, path)


def moved(value: Any, old: str, new: str) -> Any:
    """A call with one place in the program named otherwise: `self.conv1` becomes `self[0]`."""

    def place(text: str) -> str:
        return new + text[len(old) :] if text == old or text.startswith(f"{old}.") else text

    if isinstance(value, Variable):
        return Variable(place(value))
    if isinstance(value, Call):
        args = tuple(moved(arg, old, new) for arg in value.args)
        return Call(place(value.target), args, tuple((name, moved(arg, old, new)) for name, arg in value.options))
    return tuple(moved(part, old, new) for part in value) if isinstance(value, tuple) else value

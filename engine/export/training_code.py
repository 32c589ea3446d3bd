"""The pieces of a training program that script, notebook and project share, and the facts that they are made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from engine.blocks.base import Shape
from engine.check import Report, check
from engine.export.data_code import FILES, data_piece
from engine.export.loss_code import loss_piece
from engine.export.module import harmless
from engine.export.not_yet import refuse_what_is_missing
from engine.export.pieces import Piece, call_text
from engine.export.weights_code import Beginning, beginnings
from engine.graph import Graph
from engine.groups import Group
from engine.lower import NotReady, lower, write
from engine.program import Part, Program
from engine.project import Project
from engine.recipes.heads import Head
from engine.recipes.optimizers import Adagrad
from engine.recipes.recipe import Recipe

PASS_NO_GRADIENT = ("Detach", "Argmax")
"""Blocks behind which weights may be left without a gradient."""


@dataclass(frozen=True)
class Plan:
    """What there is to train, and how."""

    title: str
    recipe: Recipe
    graph: Graph
    report: Report
    program: Program
    begins: tuple[Beginning, ...] = ()
    """Parts of the network that begin with weights from files."""

    @property
    def data_title(self) -> str:
        """The data set: its title, and a sentence."""
        return f"{self.recipe.data.title}. {self.recipe.data.summary()}".replace("×", "x")

    @property
    def data_file(self) -> str:
        """The file with the data; nothing where the data are computed."""
        return FILES.get(type(self.recipe.data), "")

    @property
    def heads(self) -> tuple[Head, ...]:
        """What each Output learns."""
        return self.recipe.heads_for(self.program.ends or ("",))

    @property
    def answers(self) -> tuple[Shape, ...]:
        """What every Output gives for one example."""
        return tuple(head.output_shape(self.recipe.data) for head in self.heads)

    @property
    def some_learn_nothing(self) -> bool:
        """Whether weights may be left without a gradient, which several processes must know."""
        return _holds(self.graph, PASS_NO_GRADIENT) or _has_idle_modules(self.program)


def plan_of(project: Project) -> Plan:
    """The facts of a project that can be trained. Raises NotReady for another.

    Raises CannotExport if a file is missing, or if the recipe has what no program can be written for yet.
    """
    graph, recipe = project.graph, project.recipe
    report = check(graph, recipe)
    program = lower(graph, report)
    if not program.outputs:
        raise NotReady("The drawing is empty. A training program needs an Input, layers and an Output.")
    if report.parameters == report.frozen:
        raise NotReady("Nothing in this drawing can learn. Add a Linear or a Conv2d block.")
    refuse_what_is_missing(recipe)
    return Plan(harmless(project.title), recipe, graph, report, program, beginnings(program))


def network_piece(plan: Plan, taken: Collection[str]) -> Piece:
    """The network's classes, none of which has one of the names that the rest of the program uses."""
    imports, _, classes = write(_without_names(plan.program, taken)).text.partition("\n\n\n")
    return Piece(classes, tuple(imports.splitlines()), "The network, with one attribute for each block of the drawing.")


def begun_network(plan: Plan, device: str, folder: str, margin: str = "") -> str:
    """The lines that make the network as it begins, on a device; `folder` tells where weights files lie."""
    if not plan.begins:
        return f"{margin}network = Network().to({device})"
    lines = ("network = Network()", f"load_weights(network, {folder})", f"network.to({device})")
    return "\n".join(f"{margin}{line}" for line in lines)


def data_and_loss(plan: Plan) -> list[Piece]:
    """The data sets, and what the loss compares."""
    return [data_piece(plan.recipe.data, plan.recipe.split), loss_piece(plan.heads, plan.recipe.data)]


def optimizer_text(plan: Plan, rate: str, kind: str, indent: int = 0) -> str:
    """The line that makes the optimizer, with these texts for the learning rate and the kind of device."""
    optimizer = plan.recipe.optimizer
    usual = type(optimizer)().values()
    changed = [f"{name}={value!r}" for name, value in optimizer.values().items() if value != usual[name]]
    options = [option for option in changed if not option.startswith("lr=")]
    # Adagrad can compute all weights in one pass on a CPU alone.
    possible = f'{kind} == "cpu"' if isinstance(optimizer, Adagrad) else "True"
    arguments = ["network.parameters()", f"lr={rate}", *options, f"{optimizer.in_one_pass}={possible}"]
    return call_text(f"optimizer = torch.optim.{optimizer.kind()}", arguments, indent)


def measured(plan: Plan) -> tuple[str, str]:
    """What an epoch is judged by besides its loss: the name of it, and how a program prints it."""
    if plan.recipe.data.classes is None:
        return "off", "off by {off:.4f}"
    return "accuracy", "{accuracy:.2%} right"


ON_DEVICE = Piece(
    '''
def on_device(data, device):
    """The same data on the device that computes."""
    return TensorDataset(*(tensor.to(device) for tensor in data.tensors))
''',
    ("from torch.utils.data import TensorDataset",),
)


def _holds(graph: Graph, kinds: Collection[str]) -> bool:
    blocks = [node.block for node in graph.nodes.values()]
    return any(block.kind() in kinds or (isinstance(block, Group) and _holds(block.graph, kinds)) for block in blocks)


def _has_idle_modules(program: Program) -> bool:
    used = {step.module for step in program.steps}
    parts = [module.create for module in program.modules if isinstance(module.create, Part)]
    return any(module.name not in used for module in program.modules) or any(
        _has_idle_modules(copy) for part in parts for copy in part.copies
    )


def _without_names(program: Program, taken: Collection[str]) -> Program:
    """The same program with groups' classes called otherwise where the name is in use."""
    modules = []
    for module in program.modules:
        part = module.create
        if isinstance(part, Part):
            name = part.class_name
            while name in taken:
                name += "Block"
            part = Part(name, part.numbered, tuple(_without_names(copy, taken) for copy in part.copies))
        modules.append(replace(module, create=part))
    return replace(program, modules=tuple(modules))

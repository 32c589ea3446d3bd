"""The pieces of a training program that script, notebook and project share, and the facts that they are made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from string import Template

from engine.blocks.base import Shape
from engine.check import Report, check
from engine.export.data_code import FILES, data_piece
from engine.export.module import harmless
from engine.export.not_yet import refuse_what_is_missing
from engine.export.pieces import Piece, call_text
from engine.export.weights_code import Beginning, beginnings
from engine.graph import Graph
from engine.groups import Group
from engine.lower import NotReady, lower, write
from engine.program import Part, Program
from engine.project import Project
from engine.recipes.recipe import TEST_BATCH, Recipe

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
    def answer(self) -> Shape:
        """What the network gives for one example."""
        return self.recipe.loss.output_shape(self.recipe.data)

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
    refuse_what_is_missing(recipe, len(program.outputs))
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
    return [data_piece(plan.recipe.data, plan.recipe.split), _loss_piece(plan)]


def optimizer_text(plan: Plan, rate: str, indent: int = 0) -> str:
    """The line that makes the optimizer, with this text for the learning rate."""
    optimizer = plan.recipe.optimizer
    usual = type(optimizer)().values()
    changed = [f"{name}={value!r}" for name, value in optimizer.values().items() if value != usual[name]]
    options = [option for option in changed if not option.startswith("lr=")]
    arguments = ["network.parameters()", f"lr={rate}", *options, f"{optimizer.in_one_pass}=True"]
    return call_text(f"optimizer = torch.optim.{optimizer.kind()}", arguments, indent)


def measured(plan: Plan) -> tuple[str, str]:
    """What an epoch is judged by besides its loss: the name of it, and how a program prints it."""
    if plan.recipe.data.classes is None:
        return "off", "off by {off:.4f}"
    return "accuracy", "{accuracy:.2%} right"


def _loss_piece(plan: Plan) -> Piece:
    loss = plan.recipe.loss
    usual = type(loss)().values()
    options = ", ".join(f"{name}={value!r}" for name, value in loss.values().items() if value != usual[name])
    if plan.recipe.data.classes is None:
        text = Template(_LOSS_OF_VALUES).substitute(loss=f"nn.{loss.kind()}({options})")
        return Piece(text, ("from torch import nn",), f"`{loss.kind()}`: {loss.summary()}")
    (width,) = plan.answer
    if loss.takes_index:
        targets, about = "labels", "the number of the right class"
    elif width == 1:
        targets, about = "labels.to(torch.float32).unsqueeze(1)", "0.0 or 1.0"
    else:
        targets = f"nn.functional.one_hot(labels, {width}).to(torch.float32)"
        about = "1.0 for the right class and 0.0 for the others"
    half = "0.0" if loss.wants == "logits" else "0.5"
    chosen = "outputs.argmax(1)" if width > 1 else f"(outputs[:, 0] > {half}).to(torch.int64)"
    text = Template(_LOSS).substitute(loss=f"nn.{loss.kind()}({options})", targets=targets, about=about, chosen=chosen)
    told = f"`{loss.kind()}`: {loss.summary()} Accuracy counts how often the chosen class is the right one."
    needs_torch = "torch." in targets + chosen
    return Piece(text, ("from torch import nn", "import torch" if needs_torch else ""), told)


def batches_piece(plan: Plan) -> Piece:
    """How an epoch is cut into batches."""
    order = "torch.randperm(count, generator=generator)" if plan.recipe.shuffle else "torch.arange(count)"
    return Piece(Template(_BATCHES).substitute(order=order), ("import torch",))


def step_piece(plan: Plan, weighted: bool) -> Piece:
    """What is learned from one batch; `weighted` where several processes share it."""
    clip = plan.recipe.max_norm
    shorten = f"    nn.utils.clip_grad_norm_(network.parameters(), {clip!r})  # no leaps\n" if clip is not None else ""
    loss = "LOSS(network(inputs), targets_for(labels))"
    text = Template(_STEP).substitute(
        loss=f"weight * {loss}" if weighted else loss, weight=", weight" if weighted else "", shorten=shorten
    )
    return Piece(text, ("from torch import nn",) if shorten else ())


ON_DEVICE = Piece(
    '''
def on_device(data, device):
    """The same data on the device that computes."""
    return TensorDataset(*(tensor.to(device) for tensor in data.tensors))
''',
    ("from torch.utils.data import TensorDataset",),
)

_EVALUATION = '''
@torch.inference_mode()
def evaluate(network, data):
    """The mean loss on a data set, and the share of right answers."""
    network.eval()  # Dropout lets everything pass, BatchNorm uses its averages
    total, right = 0.0, 0
    for start in range(0, len(data), $chunk):
        inputs, labels = data[start : start + $chunk]
        outputs = network(inputs)
        total += LOSS(outputs, targets_for(labels)).item() * len(labels)
        right += (chosen_classes(outputs) == labels).sum().item()
    return total / len(data), right / len(data)
'''


def evaluation_piece(plan: Plan) -> Piece:
    """How a network is tried on a data set."""
    text = _EVALUATION_OF_VALUES if plan.recipe.data.classes is None else _EVALUATION
    return Piece(Template(text).substitute(chunk=TEST_BATCH), ("import torch",))


_EVALUATION_OF_VALUES = '''
@torch.inference_mode()
def evaluate(network, data):
    """The mean loss on a data set, and how far the outputs are off on average."""
    network.eval()  # Dropout lets everything pass, BatchNorm uses its averages
    total, off = 0.0, 0.0
    for start in range(0, len(data), $chunk):
        inputs, labels = data[start : start + $chunk]
        outputs = network(inputs)
        total += LOSS(outputs, targets_for(labels)).item() * len(labels)
        off += (outputs - labels).abs().mean(1).sum().item()
    return total / len(data), off / len(data)
'''

_LOSS_OF_VALUES = '''
LOSS = $loss


def targets_for(labels):
    """What the loss compares the outputs with: the values as they are."""
    return labels
'''

_LOSS = '''
LOSS = $loss


def targets_for(labels):
    """What the loss compares the outputs with: $about."""
    return $targets


def chosen_classes(outputs):
    """The class that the network chooses for each example."""
    return $chosen
'''

_BATCHES = '''
def epoch_batches(count, batch_size, generator):
    """The numbers of all examples in the order of one epoch, cut into batches.

    A last batch of a single example is left out: BatchNorm cannot learn from one.
    """
    batches = $order.split(batch_size)
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) == 1 else batches
'''

_STEP = '''
def train_batch(network, optimizer, inputs, labels$weight):
    """Learn from one batch. Returns its loss."""
    loss = $loss
    optimizer.zero_grad()  # forget the gradients of the batch before
    loss.backward()  # how the loss would change with each weight
$shorten    optimizer.step()  # move every weight a little, so that the loss falls
    return loss.item()
'''


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

"""Batches, one step and the test pass of a training program, as text."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

from engine.export.loss_code import aims_text, class_weighted, values_text
from engine.export.pieces import Piece
from engine.export.training_code import Plan
from engine.recipes.recipe import TEST_BATCH


def batches_piece(plan: Plan) -> Piece:
    """How an epoch is cut into batches, and how many of them make one move."""
    order = "torch.randperm(count, generator=generator)" if plan.recipe.shuffle else "torch.arange(count)"
    gather = f"{_GATHER.format(plan.recipe.accumulate)}\n\n" if plan.recipe.accumulate > 1 else ""
    return Piece(gather + Template(_BATCHES).substitute(order=order), ("import torch",))


def answers_piece(plan: Plan) -> Piece | None:
    """How a batch goes through the network, where that takes more than a call."""
    if plan.recipe.precision == "float32":
        return None
    back = "outputs.float()" if len(plan.heads) == 1 else "tuple(output.float() for output in outputs)"
    call = call_of(plan)
    text = Template(_ANSWERS).substitute(precision=plan.recipe.precision, call=call, back=back)
    return Piece(text, ("import torch",))


def answers_text(plan: Plan) -> str:
    """What the network, in `network`, gives for `inputs`."""
    return call_of(plan) if plan.recipe.precision == "float32" else "answers_of(network, inputs)"


def first_text(plan: Plan, outputs: str = "outputs") -> str:
    """The answer of the first Output, of all that the network gives."""
    return outputs if len(plan.heads) == 1 else f"{outputs}[0]"


def step_piece(plan: Plan, weighted: bool) -> Piece:
    """What is learned from one batch; `weighted` where several processes share it."""
    lines = "\n".join(f"    {line}" for line in _step(plan, "weight * " if weighted else ""))
    gathers = plan.recipe.accumulate > 1
    more = ", weight" * weighted + ", place=0, group=1" * gathers
    about = "Learn from one batch."
    if gathers:
        about = "Add the gradients of a batch; the last of a group moves the weights."
    text = Template(_STEP).substitute(more=more, about=about, lines=lines)
    return Piece(text, ("from torch import nn" if "nn." in text else "", "import torch" if "torch." in text else ""))


def _step(plan: Plan, weight: str) -> Iterator[str]:
    recipe = plan.recipe
    gathers, changes = recipe.accumulate > 1, recipe.accumulate > 1 or recipe.l1
    yield f"loss = {weight}LOSS({answers_text(plan)}, targets_for(labels))"
    if changes:
        yield "value = loss.item()"
    if recipe.l1:
        yield "weights = [each for each in network.parameters() if each.dim() > 1]"
        yield "weights = [each.abs().sum() for each in weights if each.requires_grad]"
        yield f"loss = loss + {recipe.l1!r} * torch.stack(weights).sum()  # pulls weights to 0"
    if gathers:
        yield "if place == 0:"
        yield "    optimizer.zero_grad()  # forget the gradients of the group before"
        yield "(loss * (1 / group)).backward()  # adds to the gradients that are there"
        yield "if place == group - 1:"
    else:
        yield "optimizer.zero_grad()  # forget the gradients of the batch before"
        yield "loss.backward()  # how the loss would change with each weight"
    margin = "    " * gathers
    if recipe.clip_value is not None:
        yield f"{margin}nn.utils.clip_grad_value_(network.parameters(), {recipe.clip_value!r})"
    if recipe.max_norm is not None:
        yield f"{margin}nn.utils.clip_grad_norm_(network.parameters(), {recipe.max_norm!r})  # no leaps"
    yield f"{margin}optimizer.step()  # move every weight a little, so that the loss falls"
    yield "return value" if changes else "return loss.item()"


def evaluation_piece(plan: Plan) -> Piece:
    """How a network is tried on a data set."""
    data = plan.recipe.data
    values = {"chunk": TEST_BATCH, "outputs": answers_text(plan), "first": first_text(plan)}
    values |= {"share": "len(labels)", "begin": "", "count": "", "all": "len(data)"}
    if class_weighted(plan.heads):
        values["begin"] = "    shares = 0.0\n"
        values["share"] = "share"
        values["count"] = f"        share = {weights_text(plan)}[labels].sum().item()\n        shares += share\n"
        values["all"] = "shares"
    if data.classes is None:
        values |= {"values": values_text(plan.heads, "outputs"), "aims": aims_text(plan.heads, data)}
        return Piece(Template(_EVALUATION_OF_VALUES).substitute(values), ("import torch",))
    return Piece(Template(_EVALUATION).substitute(values), ("import torch",))


def weights_text(plan: Plan) -> str:
    """Where the only loss has its class weights."""
    return "LOSS.weight" if plan.heads[0].weight == 1 else "LOSS.loss.weight"


def call_of(plan: Plan) -> str:
    """The call of `network` with the same `inputs` for every Input."""
    count = max(1, len(plan.program.inputs))
    return f"network({', '.join(['inputs'] * count)})" if count < 4 else f"network(*[inputs] * {count})"


_GATHER = "GATHER = {}  # batches whose gradients make one move of the weights"

_BATCHES = '''
def epoch_batches(count, batch_size, generator):
    """The numbers of all examples in the order of one epoch, cut into batches.

    A last batch of a single example is left out: BatchNorm cannot learn from one.
    """
    batches = $order.split(batch_size)
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) == 1 else batches
'''

_ANSWERS = '''
def answers_of(network, inputs):
    """What the network gives, most of it computed in $precision, where that is exact enough."""
    with torch.autocast(inputs.device.type, dtype=torch.$precision):
        outputs = $call
    return $back
'''

_STEP = '''
def train_batch(network, optimizer, inputs, labels$more):
    """$about Returns its loss."""
$lines
'''

_EVALUATION = '''
@torch.inference_mode()
def evaluate(network, data):
    """The mean loss on a data set, and the share of right answers."""
    network.eval()  # Dropout lets everything pass, BatchNorm uses its averages
    total, right = 0.0, 0
$begin    for start in range(0, len(data), $chunk):
        inputs, labels = data[start : start + $chunk]
        outputs = $outputs
$count        total += LOSS(outputs, targets_for(labels)).item() * $share
        right += (chosen_classes($first) == labels).sum().item()
    return total / $all, right / len(data)
'''

_EVALUATION_OF_VALUES = '''
@torch.inference_mode()
def evaluate(network, data):
    """The mean loss on a data set, and how far the outputs are off on average."""
    network.eval()  # Dropout lets everything pass, BatchNorm uses its averages
    total, off = 0.0, 0.0
    for start in range(0, len(data), $chunk):
        inputs, labels = data[start : start + $chunk]
        outputs = $outputs
        total += LOSS(outputs, targets_for(labels)).item() * len(labels)
        off += ($values - $aims).abs().mean(1).sum().item()
    return total / len(data), off / len(data)
'''

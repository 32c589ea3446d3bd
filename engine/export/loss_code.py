"""What a training program compares the outputs with, and how it chooses a class, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import Template
from typing import Any

from engine.export.pieces import WIDTH, Piece, call_text
from engine.recipes.data_sets import DataSet
from engine.recipes.heads import Head
from engine.recipes.losses import GaussianNLLLoss, KLDivLoss, Loss, PoissonNLLLoss

OWN = ("weight", "pos_weight", "balanced")
"""Settings that are tensors, or that PyTorch's classes do not have."""


def loss_piece(heads: Sequence[Head], data: DataSet) -> Piece:
    """The text with LOSS, `targets_for`, and for classes `chosen_classes`."""
    parts = [*_classes(heads, data), _made(heads), *_balancing(heads, data), _targets(heads, data)]
    first = heads[0]
    told = " ".join(f"`{head.loss.kind()}`: {head.loss.summary()}" for head in heads)
    if data.classes is not None:
        parts.append(_CHOOSING.substitute(chosen=_chosen(first, data)))
        told += " Accuracy counts how often the chosen class is the right one."
    text = "\n\n\n".join(part.strip("\n") for part in parts)
    return Piece(text, ("from torch import nn", "import torch" if "torch." in text else ""), told)


def class_weighted(heads: Sequence[Head]) -> bool:
    """Whether a batch counts as much as its classes weigh together, and not by its examples."""
    (loss, *others) = [head.loss for head in heads]
    # PyTorch's MultiMarginLoss divides by the examples, the other two by their weights.
    weighs = loss.takes_index and loss.kind() != "MultiMarginLoss" and "weight" in loss.values()
    return not others and weighs and _has_weights(loss)


def counts_classes(heads: Sequence[Head]) -> bool:
    """Whether the labels must be counted before training."""
    return any(getattr(head.loss, "balanced", False) for head in heads)


def holds_tensors(heads: Sequence[Head]) -> bool:
    """Whether the losses have weights that must be on the device that computes."""
    return any(_has_weights(head.loss) for head in heads) and not counts_classes(heads)


def any_class_weights(heads: Sequence[Head]) -> bool:
    """Whether some classes count more than others in any of the losses."""
    return any(_has_weights(head.loss) and head.loss.takes_index for head in heads)


def values_text(heads: Sequence[Head], outputs: str) -> str:
    """The values that the first head means with its numbers, where it does not learn classes."""
    loss, outputs = heads[0].loss, outputs if len(heads) == 1 else f"{outputs}[0]"
    if isinstance(loss, PoissonNLLLoss) and loss.log_input:
        return f"{outputs}.exp()"
    return f"{outputs}.chunk(2, dim=1)[0]" if isinstance(loss, GaussianNLLLoss) else outputs


def aims_text(heads: Sequence[Head], data: DataSet) -> str:
    """The columns of the labels that the first head aims at."""
    return _values(heads[0], data)


def _has_weights(loss: Any) -> bool:
    return any(getattr(loss, name, None) not in (None, False) for name in OWN)


def _classes(heads: Sequence[Head], data: DataSet) -> Iterator[str]:
    """The classes that PyTorch does not have."""
    if any(isinstance(head.loss, GaussianNLLLoss) for head in heads):
        yield _GAUSSIAN
    if len(heads) > 1 or heads[0].weight != 1:
        yield _SUM if len(heads) > 1 else _SCALED


def _made(heads: Sequence[Head]) -> str:
    several = len(heads) > 1
    names = [f"CLASS_WEIGHTS_{place}" if several else "CLASS_WEIGHTS" for place in range(1, len(heads) + 1)]
    given = [_weights(name, head.loss) for name, head in zip(names, heads, strict=True)]
    return "".join(given) + _made_with(heads, names)


def _weights(name: str, loss: Loss) -> str:
    """The constant with the weights of the classes; nothing where they all count the same."""
    weight = loss.values().get("weight")
    if not isinstance(weight, tuple) or not weight:
        return ""
    line = f"{name} = {list(weight)!r}"
    rows = "".join(f"    {each!r},\n" for each in weight)
    return (line if len(line) <= WIDTH else f"{name} = [\n{rows}]") + "\n"


def _made_with(heads: Sequence[Head], names: Sequence[str]) -> str:
    made = [_module(head.loss, name) for head, name in zip(heads, names, strict=True)]
    if len(heads) > 1:
        rows = "".join(f"        ({head.weight!r}, {text}),\n" for head, text in zip(heads, made, strict=True))
        return f"LOSS = SumOfLosses(\n    [\n{rows}    ]\n)"
    if heads[0].weight != 1:
        return f"LOSS = ScaledLoss({heads[0].weight!r}, {made[0]})"
    return call_text(f"LOSS = {_name(heads[0].loss)}", _options(heads[0].loss, names[0]))


def _module(loss: Loss, weights: str) -> str:
    return f"{_name(loss)}({', '.join(_options(loss, weights))})"


def _name(loss: Loss) -> str:
    return "GaussianLoss" if isinstance(loss, GaussianNLLLoss) else f"nn.{loss.kind()}"


def _options(loss: Loss, weights: str) -> list[str]:
    usual, values = type(loss)().values(), loss.values()
    options = [f"{name}={value!r}" for name, value in values.items() if name not in OWN and value != usual[name]]
    options = [option.replace("'", '"') for option in options]
    if values.get("weight"):
        options.insert(0, f"weight=torch.tensor({weights})")
    if values.get("pos_weight") is not None:
        options.insert(0, f"pos_weight=torch.tensor({values['pos_weight']!r})")
    return [*options, 'reduction="batchmean"'] if isinstance(loss, KLDivLoss) else options


def _balancing(heads: Sequence[Head], data: DataSet) -> Iterator[str]:
    if not counts_classes(heads):
        return
    lines = []
    for place, head in enumerate(heads):
        loss = "LOSS" if len(heads) == 1 and head.weight == 1 else "LOSS.loss" if len(heads) == 1 else ""
        loss = loss or f"LOSS.losses[{place}]"
        if getattr(head.loss, "balanced", False):
            lines += _balance_of(head.loss, loss, data)
        elif _has_weights(head.loss):
            lines.append(f"    {loss}.to(labels.device)")
    yield _BALANCE.substitute(classes=data.classes, lines="\n".join(lines))


def _balance_of(loss: Loss, name: str, data: DataSet) -> list[str]:
    if "weight" in loss.values():
        return [f"    {name}.weight = (len(labels) / ({data.classes} * counts)).to(torch.float32)"]
    part = "[1:]" if data.classes == 2 else ""
    lines = ["    positive = counts.to(torch.float32)"]
    return [*lines, f"    {name}.pos_weight = ((len(labels) - positive) / positive){part}"]


def _targets(heads: Sequence[Head], data: DataSet) -> str:
    found = [_target(head, data) for head in heads]
    (text, about) = found[0]
    if len(heads) > 1:
        rows = "".join(f"        {text},\n" for text, _ in found)
        return _TARGETS_OF_HEADS.substitute(rows=rows)
    return _TARGETS.substitute(about=about, targets=text)


def _target(head: Head, data: DataSet) -> tuple[str, str]:
    """The text of what a head compares with, and what it is in words."""
    loss = head.loss
    if data.classes is None:
        return _values(head, data), "the values as they are"
    if loss.takes_index:
        return "labels", "the number of the right class"
    if loss.targets == "class numbers":
        first = f"nn.functional.pad(labels.unsqueeze(1), (0, {data.classes - 1}), value=-1)"
        return first, "the number of the right class, then -1 for no others"
    one = data.classes == 2 and not loss.one_each
    numbers = "labels.to(torch.float32).unsqueeze(1)"
    if not one:
        numbers = f"nn.functional.one_hot(labels, {data.classes}).to(torch.float32)"
    if loss.targets == "signs":
        return f"2 * {numbers} - 1", "1.0 or -1.0" if one else "1.0 for the right class and -1.0 for the others"
    return numbers, "0.0 or 1.0" if one else "1.0 for the right class and 0.0 for the others"


def _values(head: Head, data: DataSet) -> str:
    column = head.column(data)
    return "labels" if column is None else f"labels[:, {column} : {column + 1}]"


def _chosen(head: Head, data: DataSet) -> str:
    loss = head.loss
    (width,) = head.output_shape(data)
    outputs = "outputs"
    if isinstance(loss, GaussianNLLLoss):
        width //= 2
        outputs = f"outputs[:, :{width}]"
    if width > 1:
        return f"{outputs}.{'argmin' if loss.nearest else 'argmax'}(1)"
    side = "<" if loss.nearest else ">"
    return f"(outputs[:, 0] {side} {loss.threshold!r}).to(torch.int64)"


_TARGETS = Template('''
def targets_for(labels):
    """What the loss compares the outputs with: $about."""
    return $targets
''')

_TARGETS_OF_HEADS = Template('''
def targets_for(labels):
    """What each loss compares its output with."""
    return (
$rows    )
''')

_CHOOSING = Template('''
def chosen_classes(outputs):
    """The class that the network chooses for each example."""
    return $chosen
''')

_BALANCE = Template('''
def balance_loss(labels):
    """Let rare classes count more, so that all classes weigh the same."""
    counts = torch.bincount(labels, minlength=$classes).clamp(min=1)
$lines
''')

_GAUSSIAN = '''
class GaussianLoss(nn.GaussianNLLLoss):
    """The network gives each mean, then the logarithm of each variance."""

    def forward(self, outputs, targets):
        means, logarithms = outputs.chunk(2, dim=1)
        return super().forward(means, targets, logarithms.exp())
'''

_SCALED = '''
class ScaledLoss(nn.Module):
    """A loss times its weight."""

    def __init__(self, weight, loss):
        super().__init__()
        self.weight, self.loss = weight, loss

    def forward(self, outputs, targets):
        return self.weight * self.loss(outputs, targets)
'''

_SUM = '''
class SumOfLosses(nn.Module):
    """The losses of all outputs, each times its weight."""

    def __init__(self, weighted):
        super().__init__()
        self.weights = [weight for weight, _ in weighted]
        self.losses = nn.ModuleList(loss for _, loss in weighted)

    def forward(self, outputs, targets):
        parts = zip(self.weights, self.losses, outputs, targets)
        losses = [weight * loss(out, aim) for weight, loss, out, aim in parts]
        return torch.stack(losses).sum()
'''

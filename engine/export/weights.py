"""Weights as a safetensors file: trained ones from a run, or new ones as a run would begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.check import check
from engine.export.style import CannotExport, Wishes
from engine.graph import Graph
from engine.groups import Group
from engine.lower import NotReady, Source, lower, write
from engine.pretrained import NoWeights
from engine.program import Program
from engine.project import Project

if TYPE_CHECKING:  # PyTorch is loaded when a function is called: the table of styles needs none of it
    from torch import Tensor, nn

MOST_NAMES = 3
"""How many tensors a complaint names."""


@dataclass(frozen=True)
class Network:
    """A network that stands ready to be saved."""

    program: Program
    module: nn.Module
    facts: dict[str, str]
    """Title and origin of the weights, for the metadata of a file."""


def export_weights(project: Project, wishes: Wishes) -> bytes:
    """The network's state_dict as safetensors. Raises NotReady and CannotExport."""
    network = ready_network(project, wishes)
    from safetensors.torch import save

    state = {name: value.detach().contiguous() for name, value in network.module.state_dict().items()}
    if not state:
        raise CannotExport("Nothing in this drawing has weights, so there is nothing to save.")
    return save(state, {"format": "pt", **network.facts})


def ready_network(project: Project, wishes: Wishes) -> Network:
    """Build the network of a project and give it the weights that are wished for. Raises NotReady, CannotExport."""
    program = lower(project.graph, check(project.graph))
    for missing, kind in ((not program.inputs, "Input"), (not program.outputs, "Output")):
        if missing:
            raise NotReady(f"The drawing needs an {kind} before it can be exported.")

    import torch  # takes seconds, so only for a drawing that can be built

    torch.manual_seed(project.recipe.seed)
    source = write(program)
    if wishes.weights:  # all weights are replaced, so the files that groups begin with need not be there
        source = replace(source, pretrained=())
    module = _begun(source)
    if wishes.weights:
        _load(module, wishes.weights)
    return Network(program, module, {"title": project.title, "weights": origin(project, wishes)})


def origin(project: Project, wishes: Wishes) -> str:
    """Where the weights come from, in words."""
    if wishes.weights:
        return f"from {wishes.weights.name}"
    drawn = f"new, drawn with seed {project.recipe.seed}"
    files = list(dict.fromkeys(Path(file).name for file in _files(project.graph)))
    return f"{drawn}, but for groups that begin with {_some(files)}" if files else drawn


def _files(graph: Graph) -> Iterator[str]:
    """The files with weights that groups of a drawing begin with."""
    for node in graph.nodes.values():
        if isinstance(node.block, Group):
            yield from filter(None, [node.block.pretrained])
            yield from _files(node.block.graph)


def _begun(source: Source) -> nn.Module:
    """The network as training begins with it. Raises CannotExport where a file with weights does not serve."""
    from engine.model import build

    try:
        return build(source)
    except NoWeights as error:
        raise CannotExport(str(error)) from error


def _load(module: nn.Module, path: Path) -> None:
    """Put a file's tensors into the network. Raises CannotExport where they do not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except OSError as error:
        raise CannotExport(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except SafetensorError as error:
        raise CannotExport(f"{path.name} is damaged or holds no weights: it is no safetensors file.") from error
    if complaint := misfit(module.state_dict(), found):
        raise CannotExport(f"The weights in {path.name} do not fit this drawing: {complaint}.")
    module.load_state_dict(found)


def misfit(wanted: dict[str, Tensor], found: dict[str, Tensor]) -> str:
    """What keeps these tensors from being a network's, in a few words, or nothing."""
    if lacking := wanted.keys() - found.keys():
        return f"they lack {_some(lacking)}"
    if more := found.keys() - wanted.keys():
        return f"the drawing has no {_some(more)}"
    for name, value in wanted.items():
        if value.shape != found[name].shape:
            return f"{name} is {_size(found[name])} in the file, but {_size(value)} in the drawing"
    return ""


def _some(names: Collection[str]) -> str:
    shown = ", ".join(name[:80] for name in sorted(names)[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


def _size(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "one number"

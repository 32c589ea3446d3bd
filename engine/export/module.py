"""The network as one Python file that needs nothing but PyTorch: the very text that is trained, with a head."""

from __future__ import annotations

from textwrap import fill

from engine.blocks.base import Shape, shape_text
from engine.blocks.data import Input, Output
from engine.check import Report, check
from engine.graph import Graph
from engine.lower import NotReady, lower, write
from engine.pretrained import names_beside, pretrained_parts
from engine.program import Program
from engine.project import Project
from engine.writing.manner import MODULE, Manner, NotSequential

HEAD = '''"""{title}

{shapes}

How to use it, with a batch of one example:

    import torch

    network = Network()
    {answer} = network({example})

How to load weights that were trained in Layerloom:

    from safetensors.torch import load_file

    network.load_state_dict(load_file("weights.safetensors"))
    network.eval()
{pretrained}"""

'''


def export_module(project: Project, manner: Manner = MODULE) -> str:
    """The text of a module with the network's class. Raises NotReady while the drawing cannot run, or not so."""
    graph, report = project.graph, check(project.graph)
    program = lower(graph, report)
    for kind in (Input, Output):
        if not any(isinstance(node.block, kind) for node in graph.nodes.values()):
            raise NotReady(f"The drawing needs an {kind.kind()} before it can be exported.")
    entrances = [report.blocks[name].outputs[0] for name in program.inputs]
    head = HEAD.format(
        title=fill(f"{harmless(project.title)}: a network drawn with Layerloom. It needs only PyTorch.", 110),
        shapes="\n".join(_shape_lines(graph, report)),
        answer=", ".join(f"answer{number}" for number in range(1, len(program.outputs) + 1))
        if len(program.outputs) > 1
        else "answer",
        example=", ".join(map(_example, entrances)),
        pretrained=_beginnings(program),
    )
    try:
        return head + write(program, manner=manner).text
    except NotSequential as error:
        raise NotReady(str(error)) from error


def harmless(title: str) -> str:
    """A stranger's title without anything that could end the text it stands in."""
    kept = "".join(letter for letter in title if letter.isprintable() and letter not in "\"\\'")
    return kept.strip() or "Network"


def _beginnings(program: Program) -> str:
    """How parts get the weights with which they began here."""
    parts = pretrained_parts(program)
    names = names_beside(file for _, file in parts)
    return "".join(_begins(part, names[file]) for part, file in parts)


def _begins(part: str, name: str) -> str:
    safe = name.endswith(".safetensors")
    state = f'load_file("{name}")' if safe else f'torch.load("{name}", map_location="cpu", weights_only=True)'
    return f"""
{part} began with weights from a file:

    state = {state}
    network.get_submodule("{part}").load_state_dict(state, strict=False)
"""


def _shape_lines(graph: Graph, report: Report) -> list[str]:
    lines = []
    for name in graph.order:
        block = graph.nodes[name].block
        if isinstance(block, Input):
            lines.append(f"Input {name}: {_shape(report.blocks[name].outputs[0])}")
        elif isinstance(block, Output):
            lines.append(f"Output {name}: {_shape(report.blocks[name].inputs[0])}")
    return lines


def _shape(shape: Shape) -> str:
    return shape_text(shape, batch=True).replace("×", " x ")


def _example(shape: Shape) -> str:
    return f"torch.zeros({', '.join(map(str, (1, *shape)))})"

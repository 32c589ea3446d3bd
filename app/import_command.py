"""`layerloom import`: a PyTorch module as a drawing. Code of others runs only after a yes, in a process of its own."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.groups import Group, is_class_name
from engine.importing.apart import import_apart
from engine.importing.outcome import ImportFailed
from engine.importing.request import SPEC_HELP, Request, read_request
from engine.layout import arrange
from engine.nesting import NotPossible, grouped
from engine.pretrained import SUFFIXES, file_of
from engine.program import is_name
from engine.project import Project, save_project

FINE, PROBLEMS, WRONG = 0, 1, 2


def add_import(commands: Any) -> None:
    """Teach the command line the words of `import`."""
    parser = commands.add_parser("import", help="make a drawing of a PyTorch module")
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.loom", required=True, help="where to")
    parser.add_argument("--args", default="", metavar="JSON", help="what the class is made with: an object or a list")
    parser.add_argument(
        "--shape", action="append", default=[], metavar="C,H,W", help="the size of one example; once for each input"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="W.pth",
        help="a state_dict of the model; the drawing's one group begins with it",
    )
    parser.add_argument("--yes", action="store_true", help="run the Python file without asking")


def import_drawing(arguments: argparse.Namespace) -> int:
    """Make a drawing of the module that the words name. Returns the exit code. Raises ProjectError."""
    try:
        request = read_request(arguments.spec, arguments.args, tuple(arguments.shape))
        if request.needs_consent and not arguments.yes and not _agreed(request):
            return WRONG
        weights = arguments.output.with_suffix(".safetensors") if request.is_model_file else None
        project, answer = import_apart(replace(request, weights_file=str(weights or "")))
        if arguments.weights:
            project = _beginning_with(project, arguments.weights)
    except (ImportFailed, NotPossible) as error:
        print(error, file=sys.stderr)
        return PROBLEMS
    save_project(arguments.output, project)
    print(f"Wrote {arguments.output}: {project.title}, {len(project.graph.nodes)} blocks on the outermost level.")
    if weights and weights.is_file():
        print(f"Wrote {weights}: the weights of {request.name}, by the drawing's names.")
    for note in answer.notes:
        print(f"  {note}")
    return FINE


def _beginning_with(project: Project, weights: Path) -> Project:
    """The whole model as one group that begins with weights from a file. Raises ImportFailed and NotPossible."""
    file = str(weights.resolve())
    if file_of(file) is None:
        raise ImportFailed(f"There is no file {weights} with weights ({', '.join(SUFFIXES)}).")
    wish = project.title[:1].upper() + project.title[1:]
    graph, name = grouped(project.graph, project.graph.nodes, wish if is_class_name(wish) else "Backbone")
    node = graph.nodes[name]
    assert isinstance(node.block, Group)
    graph = graph.put(replace(node, block=replace(node.block, pretrained=file)))
    if is_name(project.title) and project.title not in graph.nodes:
        graph = graph.rename(name, project.title)
    return replace(project, graph=graph.move(arrange(graph)))


def _agreed(request: Request) -> bool:
    """Whether the person says yes to running the file."""
    what = f"To import {request.name}, Python must run {Path(request.source)}, with all that it does."
    if not sys.stdin.isatty():
        print(f"{what} Say --yes if you trust it.", file=sys.stderr)
        return False
    try:
        answer = input(f"{what} Run it? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    print("Nothing was run.", file=sys.stderr)
    return False

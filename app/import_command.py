"""`layerloom import`: a PyTorch module as a drawing. Code of others runs only after a yes, in a process of its own."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from engine.importing.apart import import_apart
from engine.importing.outcome import ImportFailed
from engine.importing.request import SPEC_HELP, Request, read_request

FINE, PROBLEMS, WRONG = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
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


def run(arguments: argparse.Namespace) -> int:
    """Make a drawing of the module that the words name. Returns the exit code. Raises ProjectError."""
    try:
        request = read_request(arguments.spec, arguments.args, tuple(arguments.shape))
        if request.needs_consent and not arguments.yes and not _agreed(request):
            return WRONG
        weights = arguments.output.with_suffix(".safetensors") if request.is_model_file else None
        project, answer = import_apart(replace(request, weights_file=str(weights or "")))
        from engine.suiting import suiting_recipe  # only here: all of this loads while the other process works

        project = replace(project, recipe=suiting_recipe(project.graph))
        if arguments.weights and (arguments.weights != weights or weights.is_file()):
            from app.import_weights import beginning_with

            project = beginning_with(project, arguments.weights)
    except ImportFailed as error:
        print(error, file=sys.stderr)
        return PROBLEMS
    from engine.project import save_project  # only here: all of this loads while the other process works

    save_project(arguments.output, project)
    print(f"Wrote {arguments.output}: {project.title}, {len(project.graph.nodes)} blocks on the outermost level.")
    if weights and weights.is_file():
        print(f"Wrote {weights}: the weights of {request.name}, by the drawing's names.")
    for note in answer.notes:
        print(f"  {note}")
    return FINE


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

"""The commands for a terminal: check, export, import, train, new, doctor. None of them needs a window or Qt.

Exit codes: 0 fine, 1 problems in the drawing or a run that failed, 2 wrong usage or a file that cannot be read,
130 interrupted with Ctrl+C.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from app.doctor import examine
from app.export_command import add_arguments, export
from app.import_command import add_import, import_drawing
from app.train_command import train
from engine.blocks.base import shape_text
from engine.check import Report, check
from engine.evaluation import BlockReport
from engine.export.style import CannotExport
from engine.graph import Node
from engine.headless import installed
from engine.lower import NotReady
from engine.project import ProjectError, open_project, save_project
from engine.recipes import DEVICES
from engine.templates import TEMPLATES, new

FINE, PROBLEMS, WRONG = 0, 1, 2

DESCRIPTION = "Draw a neural network, see every shape, train it, look inside, take the PyTorch code."
EPILOG = "Without a command the window opens: layerloom [FILE.loom]"


def run_command(words: Sequence[str]) -> int:
    """Do what the words say. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal may lack our arrows; it need not fail for that
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as done:  # argparse has printed its help or its complaint
        return int(done.code or 0)
    try:
        code: int = COMMANDS[arguments.command](arguments)
    except ProjectError as error:
        return _complain(str(error), WRONG)
    except (NotReady, CannotExport) as error:
        return _complain(str(error), PROBLEMS)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return FINE
    return code


def _complain(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


def _check(arguments: argparse.Namespace) -> int:
    project = open_project(arguments.file)
    report = check(project.graph, project.recipe)
    nodes = project.graph.nodes.values()
    if arguments.json:
        print(json.dumps(_check_data(report, nodes), ensure_ascii=False))
    else:
        _print_blocks(report, list(nodes))
        _print_problems(report)
    return FINE if report.ok else PROBLEMS


def _check_data(report: Report, nodes: Any) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "parameters": report.parameters,
        "macs": report.macs,
        "blocks": {node.name: _block_data(node, report.blocks.get(node.name)) for node in nodes},
        "problems": [problem.as_data() for problem in report.problems],
    }


def _block_data(node: Node, found: BlockReport | None) -> dict[str, Any]:
    """A block's line of the JSON; the shape of an Output is what arrives there, null where it is not known."""
    shape = (*found.outputs, *found.inputs)[0] if found else None
    kind = getattr(node.block, "known_as", "") or node.block.kind()
    return {
        "type": kind,
        "shape": None if shape is None else list(shape),
        "parameters": found.parameters if found else 0,
    }


def _print_blocks(report: Report, nodes: Sequence[Node]) -> None:
    rows = [("block", "type", "gives", "parameters")]
    for node in nodes:
        data = _block_data(node, report.blocks.get(node.name))
        shape = "?" if data["shape"] is None else shape_text(tuple(data["shape"]), batch=True)
        rows.append((node.name, data["type"], shape, f"{data['parameters']:,}" if data["parameters"] else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, kind, shape, parameters in rows:
        print(f"{name:{widths[0]}}  {kind:{widths[1]}}  {shape:{widths[2]}}  {parameters:>{widths[3]}}".rstrip())
    print(f"\n{report.parameters:,} parameters, {report.macs:,} multiply-accumulates for one example")


def _print_problems(report: Report) -> None:
    if not report.problems:
        print("No problems.")
    for problem in report.problems:
        print(f"\n{problem.level}: {problem.text}")
        for fix in problem.fixes:
            print(f"  → {fix.label}" + (f" ({fix.note})" if fix.note else ""))


def _new(arguments: argparse.Namespace) -> int:
    save_project(arguments.output, new(arguments.template))
    print(f"Wrote {arguments.output}: {TEMPLATES[arguments.template].summary}")
    return FINE


def _doctor(arguments: argparse.Namespace) -> int:
    return FINE if examine() else PROBLEMS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("layerloom", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"layerloom {installed('layerloom') or '(from source)'}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    file = argparse.ArgumentParser(add_help=False)
    file.add_argument("file", type=Path, metavar="FILE", help="a drawing (*.loom)")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON object on each line")

    commands.add_parser("check", parents=[file, as_json], help="say every shape, the cost and what is wrong")

    add_arguments(commands.add_parser("export", parents=[file], help="write PyTorch code, a model or a picture"))

    train_parser = commands.add_parser("train", parents=[file, as_json], help="train on the data of the drawing")
    train_parser.add_argument("--epochs", type=int, metavar="N", help="how many times through all the data")
    train_parser.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same run")
    train_parser.add_argument("--device", choices=DEVICES, metavar="D", help=f"one of {', '.join(DEVICES)}")
    train_parser.add_argument("--save", type=Path, metavar="W.safetensors", help="where the weights go")

    new_parser = commands.add_parser("new", help="write a drawing that trains at once", epilog=_templates())
    new_parser.formatter_class = argparse.RawDescriptionHelpFormatter
    new_parser.add_argument("template", choices=list(TEMPLATES), metavar="TEMPLATE", help=", ".join(TEMPLATES))
    new_parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="where to (*.loom)")

    add_import(commands)
    commands.add_parser("doctor", help="say what works on this computer")
    return parser


def _templates() -> str:
    return "\n".join(f"{name:10}{template.summary}" for name, template in TEMPLATES.items())


COMMANDS = {
    "check": _check,
    "export": export,
    "import": import_drawing,
    "train": train,
    "new": _new,
    "doctor": _doctor,
}
"""Every command by the word that calls it."""

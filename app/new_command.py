"""`layerloom new`: a drawing that trains at once, to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.project import save_project
from engine.templates import TEMPLATES, new

FINE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"{name:10}{template.summary}" for name, template in TEMPLATES.items())
    parser.add_argument("template", choices=list(TEMPLATES), metavar="TEMPLATE", help=", ".join(TEMPLATES))
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="where to (*.loom)")


def run(arguments: argparse.Namespace) -> int:
    """Write the drawing of a template. Returns the exit code. Raises ProjectError."""
    save_project(arguments.output, new(arguments.template))
    print(f"Wrote {arguments.output}: {TEMPLATES[arguments.template].summary}")
    return FINE

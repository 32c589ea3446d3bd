"""`layerloom export`: the network or the drawing in one of many styles, to a file, a folder or the terminal."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app.export_content import content_of, files_of, write_content
from engine.export import EXPORTS
from engine.export.style import CannotExport, Style, Wishes
from engine.export.weights import origin
from engine.project import Project, ProjectError, open_project

FINE = 0
THEMES = ("light", "dark")


def run(arguments: argparse.Namespace) -> int:
    """Write the drawing of a file in a style. Returns the exit code. Raises ProjectError, NotReady, CannotExport."""
    style = EXPORTS[arguments.to]
    wishes = Wishes(arguments.weights, arguments.theme)
    _check_usage(style, wishes, arguments.output)
    project = open_project(arguments.file)
    if style.needs_qt:
        _start_qt()
    content = content_of(style, project, wishes)
    if arguments.output is not None:
        write_content(arguments.output, content, files_of(style, project))
        print(written(arguments.output, style, project, wishes))
    elif isinstance(content, str):
        print(content, end="")
    return FINE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a drawing (*.loom)")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "styles:\n" + "\n".join(f"  {style.name:12}{style.help}" for style in EXPORTS.values())
    parser.add_argument("--to", choices=list(EXPORTS), default="module", metavar="STYLE", help="one of those below")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="where to; without it to the terminal")
    parser.add_argument("--weights", type=Path, metavar="W.safetensors", help=f"trained weights, for {_holders()}")
    parser.add_argument("--theme", choices=THEMES, default="light", help="the colours of a picture")


def written(path: Path, style: Style, project: Project, wishes: Wishes) -> str:
    """What to say when it is done."""
    if files := files_of(style, project):
        return f"Wrote {path} and, {'in' if style.form == 'folder' else 'beside'} it, {' and '.join(files)}"
    if not style.takes_weights:
        return f"Wrote {path}"
    more = "" if wishes.weights else "; --weights takes trained ones"
    return f"Wrote {path}. Its weights are {origin(project, wishes)}{more}."


def _check_usage(style: Style, wishes: Wishes, output: Path | None) -> None:
    if wishes.weights and not style.takes_weights:
        raise ProjectError(f"{style.name} holds no weights; --weights is for {_holders()}.")
    if output is None and style.form == "folder":
        raise ProjectError(f"{style.name} is a folder of files. Say where to: -o FOLDER")
    if output is None and style.form == "bytes":
        raise ProjectError(f"{style.name} is no text for a terminal. Say where to: -o NAME{style.suffix}")


def _holders() -> str:
    *first, last = (style.name for style in EXPORTS.values() if style.takes_weights)
    return f"{', '.join(first)} and {last}"


def _start_qt() -> None:
    """Let Qt draw without a screen."""
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise CannotExport(f"Pictures are drawn by Qt, which cannot start: {error}. See: layerloom doctor") from error
    if QApplication.instance() is None:
        if sys.platform.startswith("linux"):
            os.environ["QT_QPA_PLATFORM"] = "offscreen"  # also where there is a screen: nothing shall appear on it
        _Kept.application = QApplication(["layerloom"])


class _Kept:
    """Qt ends with its application, so somebody has to hold it."""

    application: object = None

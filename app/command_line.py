"""The commands for a terminal: check, export, import, train, new, doctor. None of them needs a window or Qt.

Exit codes: 0 fine, 1 problems in the drawing or a run that failed, 2 wrong usage or a file that cannot be read,
130 interrupted with Ctrl+C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from typing import Any, Protocol

FINE, PROBLEMS, WRONG = 0, 1, 2

DESCRIPTION = "Draw a neural network, see every shape, train it, look inside, take the PyTorch code."
EPILOG = "Without a command the window opens: layerloom [FILE.loom]"

COMMANDS: Mapping[str, str] = {
    "check": "say every shape, the cost and what is wrong",
    "export": "write PyTorch code, a model or a picture",
    "train": "train on the data of the drawing",
    "new": "write a drawing that trains at once",
    "import": "make a drawing of a PyTorch module",
    "doctor": "say what works on this computer",
}
"""Every command by the word that calls it, with what it is for."""


class Command(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what the command takes."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it. Returns the exit code."""


def run_command(words: Sequence[str]) -> int:
    """Do what the words say. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal may lack our arrows; it need not fail for that
    command = _command(words[0]) if words and words[0] in COMMANDS else None
    try:
        arguments = _parser(command, words).parse_args(words)
    except SystemExit as done:  # argparse has printed its help or its complaint
        return int(done.code or 0)
    assert command is not None
    try:
        return command.run(arguments)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return FINE
    except Exception as error:
        for kind, code in _expected().items():
            if isinstance(error, kind):
                print(error, file=sys.stderr)
                return code
        raise


def _command(word: str) -> Command:
    """The module of one command; the others are not loaded, because each brings much along."""
    match word:
        case "check":
            from app import check_command

            return check_command
        case "export":
            from app import export_command

            return export_command
        case "train":
            from app import train_command

            return train_command
        case "new":
            from app import new_command

            return new_command
        case "import":
            from app import import_command

            return import_command
    from app import doctor

    return doctor


def _expected() -> Mapping[type[Exception], int]:
    """What can be wrong with a drawing or its file, and the exit codes; loaded only when something is."""
    from engine.export.style import CannotExport
    from engine.lower import NotReady
    from engine.project import ProjectError

    return {ProjectError: WRONG, NotReady: PROBLEMS, CannotExport: PROBLEMS}


def _parser(command: Command | None, words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the program, which knows the arguments of the one command that is called."""
    parser = argparse.ArgumentParser("layerloom", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for word, help_text in COMMANDS.items():
        declared = commands.add_parser(word, help=help_text)
        if command is not None and word == words[0]:
            command.add_arguments(declared)
    return parser


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from engine.headless import installed

        print(f"layerloom {installed('layerloom') or '(from source)'}")
        parser.exit()

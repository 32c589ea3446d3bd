"""`layerloom` and `python -m app`: the window, or a command for a terminal that has none."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from app.command_line import COMMANDS, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what the arguments ask for. Returns the exit code: 0 fine, 1 problems, 2 wrong usage or bad file."""
    multiprocessing.freeze_support()  # in a packed program the training process starts here, too
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        return _window(None)
    if len(words) == 1 and words[0] not in COMMANDS and _looks_like_a_file(words[0]):
        return _window(Path(words[0]))
    return run_command(words)


def _looks_like_a_file(word: str) -> bool:
    from engine.project import SUFFIX  # only here: a command begins at once with its own work

    return not word.startswith("-") and (word.endswith(SUFFIX) or Path(word).is_file())


def _window(path: Path | None) -> int:
    try:
        from app.main import run  # only here: the commands work without Qt
    except ImportError as error:
        print(f"The window cannot open: {error}\nlayerloom doctor says what is missing.", file=sys.stderr)
        return 2
    return run(path)


if __name__ == "__main__":
    sys.exit(main())

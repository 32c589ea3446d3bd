"""From a file of torch.export.save to a drawing: its graph of operations is followed; nothing of it runs."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch.export import ExportedProgram

from engine.importing.archive import first_line, inspect_archive
from engine.importing.drawing import drawn
from engine.importing.exported_replay import Replay
from engine.importing.outcome import Imported, ImportFailed
from engine.importing.rebuilding import ChangedThroughView, Rebuilding

State = dict[str, torch.Tensor]


def import_exported(path: Path) -> tuple[Imported, State]:
    """The drawing of a .pt2 file, and the file's weights by the drawing's names. Raises ImportFailed."""
    inspect_archive(path)
    try:
        program = torch.export.load(path)
    except Exception as error:  # what can be wrong inside ends in many kinds of errors
        raise ImportFailed(
            f"{path.name} cannot be loaded: {first_line(error)}. It may be damaged, or from another PyTorch "
            f"than {torch.__version__}."
        ) from error
    return import_program(program, path.stem)


def import_program(program: ExportedProgram, title: str) -> tuple[Imported, State]:
    """The drawing of an exported program, and its weights by the drawing's names. Raises ImportFailed."""
    try:
        rebuilt = _followed(program)
        found = drawn(rebuilt.trace(), title)
    except (ImportFailed, RecursionError):
        raise
    except Exception as error:
        raise ImportFailed(f"{title} cannot be followed: {first_line(error)}.") from error
    state = {found.keys.get(name, name): value for name, value in rebuilt.state().items()}
    keys = found.keys | {old: found.keys.get(new, new) for old, new in rebuilt.moved.items()}
    return Imported(found.graph, (*found.notes, *rebuilt.notes(keys)), title, keys), state


def _followed(program: ExportedProgram) -> Rebuilding:
    try:
        return Replay(program).rebuilt()
    except ChangedThroughView:  # the same graph without changes in place
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = program.run_decompositions({})
        return Replay(plain).rebuilt()

"""Import in a process of its own, so that code of others runs nowhere else. No torch is needed here."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.importing.outcome import ImportFailed
from engine.importing.request import Request

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from engine.project import Project


@dataclass(frozen=True)
class Answer:
    """What the process found: the text of a project file with a line on all that it cannot hold, or why it failed."""

    text: str = ""
    notes: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    failure: str = ""


def import_apart(request: Request) -> tuple[Project, Answer]:
    """The drawing of the module that a request names. Raises ImportFailed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(request, there), daemon=True)
    process.start()
    there.close()
    from engine.project import loads  # only here: the other process has much to load, too, and now both do it at once

    try:
        answer: Answer = here.recv()
    except EOFError as error:
        process.join()
        raise ImportFailed(
            f"{request.name} ended the process in which it was made (code {process.exitcode}). Nothing was imported."
        ) from error
    process.join()
    if answer.failure:
        raise ImportFailed(answer.failure)
    return loads(answer.text), answer


def _work(request: Request, connection: Connection) -> None:
    """What runs in the other process."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from engine.importing.loading import imported
    from engine.project import Project, dumps

    try:
        found = imported(request, alone=True)
    except ImportFailed as error:
        connection.send(Answer(failure=str(error)))
        return
    text = dumps(Project(found.graph, title=found.title))
    connection.send(Answer(text, tuple(map(str, found.notes)), tuple(found.keys.items())))

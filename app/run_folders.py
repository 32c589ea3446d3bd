"""Where runs are kept: beside the drawing's file, or in the program's own folder until there is one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from app.document import Document
from engine.project import ProjectError
from engine.runs.store import RUN, folder_beside, is_active


class RunFolders:
    """Knows the folder of the open drawing. One without a file has its own, which moves when the drawing is saved."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._unsaved: Path | None = None

    @property
    def folder(self) -> Path:
        """Where runs of the open drawing are kept; it need not exist yet."""
        if self._document.path:
            return folder_beside(self._document.path)
        if self._unsaved is None:
            place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
            self._unsaved = Path(place) / "runs" / f"{datetime.now():%Y-%m-%d %H.%M.%S.%f}"
        return self._unsaved

    def forget(self) -> None:
        """Another drawing was opened: its runs have nothing to do with those of the one before."""
        self._unsaved = None

    def to_move(self) -> tuple[Path, Path] | None:
        """From where to where runs belong, now that the drawing has got a file."""
        if self._document.path is None or self._unsaved is None:
            return None
        return self._unsaved, self.folder


def move_runs(source: Path, target: Path) -> bool:
    """Put all runs of a folder into another one; whether none had to stay because it is under way.

    Raises ProjectError where the disk refuses; what is moved by then stays moved.
    """
    try:
        for place in sorted(source.iterdir()) if source.is_dir() else ():
            if not (place / RUN).is_file():
                continue
            if is_active(place):
                return False
            target.mkdir(exist_ok=True)
            if not (target / place.name).exists():
                place.rename(target / place.name)
        if source.is_dir() and not any(source.iterdir()):
            source.rmdir()
    except OSError as error:
        raise ProjectError(f"The runs stay in {source}: {error.strerror or error}.") from error
    return True

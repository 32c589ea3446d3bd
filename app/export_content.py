"""What an export writes, for the command line and for the window alike."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from filecmp import cmp
from pathlib import Path, PurePosixPath
from uuid import uuid4

from engine.export.style import CannotExport, Content, Style, Wishes
from engine.project import Project, ProjectError, write_atomically


def content_of(style: Style, project: Project, wishes: Wishes) -> Content:
    """Make the content in this process. Pictures need a running QApplication. Raises NotReady and CannotExport."""
    if style.write is not None:
        return style.write(project, wishes)
    from widgets.canvas.picture import draw_picture  # only here: the other styles work without Qt

    picture = draw_picture(project, style.name, wishes.theme)
    return picture.decode() if style.form == "text" else picture


def as_bytes(content: str | bytes) -> bytes:
    """The bytes of a file."""
    return content.encode() if isinstance(content, str) else content


def files_of(style: Style, project: Project) -> Mapping[str, Path]:
    """The files that the content reads, by their names beside it. Raises NotReady and CannotExport."""
    return style.beside(project) if style.beside else {}


def write_content(path: Path, content: Content, beside: Mapping[str, Path] | None = None) -> None:
    """Write a file or a folder: afterwards it is there as a whole, or not at all. Raises ProjectError, CannotExport.

    Files `beside` are copied next to a file, or into the folder.
    """
    files = beside or {}
    if isinstance(content, str | bytes):
        _copy_beside(path, files)
        write_atomically(path, as_bytes(content))
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CannotExport(f"{path.name} is there already. Name a folder that does not exist yet, or an empty one.")
    try:
        _write_folder(path, {name: as_bytes(text) for name, text in content.items()}, files)
    except OSError as error:
        raise ProjectError(f"{path.name} could not be written in {path.parent}: {error.strerror or error}.") from error


def _copy_beside(path: Path, files: Mapping[str, Path]) -> None:
    """Copy files next to a path. Nothing is replaced: raises CannotExport where another file has such a name."""
    missing = {path.with_name(name): file for name, file in files.items() if not path.with_name(name).exists()}
    try:
        for name, file in files.items():
            place = path.with_name(name)
            if place not in missing and not cmp(place, file, shallow=False):
                raise CannotExport(f"There is another {name} in {path.parent}. Export to another folder.")
        for place, file in missing.items():
            _copy(file, place)
    except OSError as error:
        raise ProjectError(f"The weights could not be copied to {path.parent}: {error.strerror or error}.") from error


def _copy(file: Path, place: Path) -> None:
    """Copy a file; it appears as a whole."""
    draft = place.with_name(f".{place.name}.{uuid4().hex}")
    try:
        shutil.copyfile(file, draft)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _write_folder(path: Path, files: Mapping[str, bytes], copies: Mapping[str, Path]) -> None:
    """Fill a folder beside the right place, then rename it."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name, content in files.items():
            place = unfinished.joinpath(*PurePosixPath(name).parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        for name, file in copies.items():
            shutil.copyfile(file, unfinished / name)
        unfinished.chmod(0o755)
        if path.exists():
            path.rmdir()
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise

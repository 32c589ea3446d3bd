"""What an export writes, for the command line and for the window alike."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath

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


def write_content(path: Path, content: Content) -> None:
    """Write a file or a folder: afterwards it is there as a whole, or not at all. Raises ProjectError, CannotExport."""
    if isinstance(content, str | bytes):
        write_atomically(path, as_bytes(content))
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CannotExport(f"{path.name} is there already. Name a folder that does not exist yet, or an empty one.")
    try:
        _write_folder(path, {name: as_bytes(text) for name, text in content.items()})
    except OSError as error:
        raise ProjectError(f"{path.name} could not be written in {path.parent}: {error.strerror or error}.") from error


def _write_folder(path: Path, files: dict[str, bytes]) -> None:
    """Fill a folder beside the right place, then rename it."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name, content in files.items():
            place = unfinished.joinpath(*PurePosixPath(name).parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        unfinished.chmod(0o755)
        if path.exists():
            path.rmdir()
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise

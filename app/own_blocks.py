"""A person's own groups in the palette: one .loom file each, in the program's folder for this person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QStandardPaths, Signal

from engine.graph import Graph, Node
from engine.groups import Group
from engine.project import SUFFIX, Project, ProjectError, open_project, save_project
from widgets.offers import OWN

LONGEST = 60
ALLOWED = " _-"
"""Characters that a title may have beside letters and digits: it is the name of a file."""


class OwnBlocks(QObject):
    """Reads, saves, renames and deletes the groups. Files are a stranger's data: a broken one is named and skipped."""

    changed = Signal()
    said = Signal(str)
    shown = Signal(str)
    """The key of a group that has just been saved or renamed, to be pointed at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: dict[str, Group] = {}

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
        return Path(place) / "blocks"

    def load(self) -> None:
        """Read all files; what cannot be read is said and left alone."""
        found, broken = dict[str, Group](), list[str]()
        for path in sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda path: path.stem.casefold()):
            try:
                found[path.stem] = _group_in(path)
            except ProjectError as error:
                broken.append(str(error))
        if found != self.groups:
            self.groups = found
            self.changed.emit()
        if broken:
            more = f" {len(broken) - 1} more files in {self.folder} are skipped too." if broken[1:] else ""
            self.said.emit(f"{broken[0]} It is left out of the palette.{more}")

    def save(self, node: Node) -> None:
        """Take a group into the palette under the name of its class."""
        assert isinstance(node.block, Group)
        title = self._free(node.block.class_name)
        alone = Graph().add(replace(node, at=(0.0, 0.0), same_as=""))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            save_project(self.folder / f"{title}{SUFFIX}", Project(alone, title=title))
        except (ProjectError, OSError) as error:
            self.said.emit(f"{title} is not in the palette. {error}")
            return
        self.load()
        self.said.emit(f"{title} is in the palette now, under Groups. F2 renames it there.")
        self.shown.emit(f"{OWN}{title}")

    def rename(self, key: str, wish: str) -> None:
        """Give a saved group another title."""
        title, wish = key.removeprefix(OWN), " ".join(wish.split())
        if not _is_title(wish):
            self.said.emit(f"A title has 1 to {LONGEST} letters, digits, spaces, _ or -.")
        elif self._taken(wish) and wish.casefold() != title.casefold():
            self.said.emit(f"There is already a group called {wish} in the palette.")
        else:
            try:
                (self.folder / f"{title}{SUFFIX}").rename(self.folder / f"{wish}{SUFFIX}")
            except OSError as error:
                self.said.emit(f"{title} cannot be renamed: {error.strerror or error}.")
            self.load()
            self.shown.emit(f"{OWN}{wish}")

    def delete(self, key: str) -> None:
        """Take a saved group out of the palette; its file goes to the wastebasket. Drawings keep their copies."""
        title = key.removeprefix(OWN)
        path = self.folder / f"{title}{SUFFIX}"
        if _to_wastebasket(path):
            self.said.emit(f"{title} is out of the palette. Its file lies in the wastebasket.")
        else:
            aside = path.with_suffix(".deleted")
            try:
                path.replace(aside)
                self.said.emit(f"{title} is out of the palette. Its file is now called {aside.name}.")
            except OSError as error:
                self.said.emit(f"{title} cannot be deleted: {error.strerror or error}.")
        self.load()

    def _free(self, wish: str) -> str:
        """A title that no saved group has yet."""
        title, number = wish, 1
        while self._taken(title):
            number += 1
            title = f"{wish} {number}"
        return title

    def _taken(self, title: str) -> bool:
        """Some file systems do not tell capitals apart."""
        return (
            title.casefold() in (known.casefold() for known in self.groups)
            or (self.folder / f"{title}{SUFFIX}").exists()
        )


def _group_in(path: Path) -> Group:
    nodes = list(open_project(path).graph.nodes.values())
    if len(nodes) != 1 or not isinstance(nodes[0].block, Group):
        raise ProjectError(f"{path.name} holds {len(nodes)} blocks in place of one group.")
    return nodes[0].block


def _to_wastebasket(path: Path) -> bool:
    return QFile(str(path)).moveToTrash()


def _is_title(text: str) -> bool:
    return 0 < len(text) <= LONGEST and all(letter.isalnum() or letter in ALLOWED for letter in text)

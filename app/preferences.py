"""What a person prefers, and which files they had open: two small JSON files, read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths

from engine.project import ProjectError, write_atomically
from engine.settings import Settings, param

MOST_RECENT = 8


class Preferences(Settings):
    """How the program looks and behaves for this person."""

    theme: str = param("Colours of the window.", choices=("system", "light", "dark"), default="system")
    density: str = param("How close rows lie.", choices=("automatic", "comfortable", "compact"), default="automatic")
    reduced_motion: bool = param("Let nothing glide or pulse.", default=False)
    single_letter_keys: bool = param("Let keys such as W and / act on the canvas.", default=True)


def folder() -> Path:
    """Where the program keeps its own small files for this person."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    path = Path(place)
    path.mkdir(parents=True, exist_ok=True)
    return path


def load_preferences() -> Preferences:
    """The stored preferences; what is missing or damaged there falls back to the defaults."""
    stored = _read("preferences.json")
    known = {row.name for row in Preferences.params()}
    preferences = Preferences()
    for name, value in (stored if isinstance(stored, dict) else {}).items():
        if name in known:
            try:
                preferences = preferences.changed(**{name: value})
            except ValueError:  # a value from another version: its default is as good
                continue
    return preferences


def save_preferences(preferences: Preferences) -> None:
    """Store the preferences. Raises ProjectError where the folder cannot be written."""
    _write("preferences.json", preferences.values())


def folder_in_words(path: Path) -> str:
    """The folder a file lies in, with ~ for this person's own."""
    place, home = path.parent, Path.home()
    return str("~" / place.relative_to(home)) if place.is_relative_to(home) else str(place)


def recent_files() -> list[Path]:
    """Files that were open lately and still exist, newest first."""
    stored = _read("recent.json")
    paths = [Path(text) for text in stored if isinstance(text, str)] if isinstance(stored, list) else []
    return [path for path in paths if path.is_file()][:MOST_RECENT]


def remember_recent(path: Path, among: Iterable[Path]) -> None:
    """Put a file at the head of the list. A folder that cannot be written only costs the list."""
    paths = [path.resolve(), *(other for other in among if other.resolve() != path.resolve())]
    try:
        _write("recent.json", [str(p) for p in paths[:MOST_RECENT]])
    except ProjectError:
        return


def _read(name: str) -> Any:
    try:
        return json.loads((folder() / name).read_text("utf-8"))
    except (OSError, ValueError):  # missing or damaged: start from the defaults
        return None


def _write(name: str, data: object) -> None:
    write_atomically(folder() / name, json.dumps(data, indent=1).encode())

"""Icons in the theme's colours: one-colour drawings whose `currentColor` becomes a token."""

import os
import tempfile
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QStandardPaths, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from widgets.theme import Theme, current, load_theme

SCALES = (1.0, 2.0)
"""Every icon is kept at these scales; Qt picks the nearest for a screen."""


@cache
def _drawing(name: str, filled: bool) -> str:
    folders = ("filled",) if filled else ("outline", "own")
    path = next(path for folder in folders if (path := _place(folder, name)).exists())
    return path.read_text("utf-8")


def _place(folder: str, name: str) -> Path:
    return resources.path("icons", folder, f"{name}.svg")


def svg(name: str, colour: QColor, filled: bool = False) -> str:
    """The text of an icon's drawing in one colour."""
    stroke = current().stroke("icon")
    text = _drawing(name, filled).replace("currentColor", colour.name())
    return text.replace('stroke-width="2"', f'stroke-width="{stroke}"')


def icon(name: str, colour: str = "text-muted", size: int = 16, filled: bool = False) -> QIcon:
    """An icon in a token's colour; what is disabled shows it faded and what is switched on in the accent.

    Ask again when the theme changes.
    """
    return _icon(current(), name, colour, size, filled)


@cache
def _icon(theme: Theme, name: str, token: str, size: int, filled: bool) -> QIcon:
    colour, faded = theme.colour(token).name(), theme.colour("text-disabled").name()
    switched_on = theme.colour("accent").name() if token == "text-muted" else colour
    made = QIcon()
    for scale in SCALES:
        made.addPixmap(_pixmap(name, colour, size, filled, scale))
        made.addPixmap(_pixmap(name, switched_on, size, filled, scale), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(_pixmap(name, faded, size, filled, scale), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, colour: str = "text-muted", size: int = 16, filled: bool = False, scale: float = 0.0) -> QPixmap:
    """An icon as a picture of `size` pixels, drawn for a screen of this scale (0: the sharpest in use)."""
    return _pixmap(name, current().colour(colour).name(), size, filled, scale or _screen_scale())


def _screen_scale() -> float:
    return max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)


@cache
def _pixmap(name: str, colour: str, size: int, filled: bool, scale: float) -> QPixmap:
    return _draw(svg(name, QColor(colour), filled), size, scale)


def _draw(text: str, size: int, scale: float) -> QPixmap:
    picture = QPixmap(round(size * scale), round(size * scale))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


def logo(size: int = 24, scale: float = 0.0) -> QPixmap:
    """The woven threads in the family colours of the theme in use."""
    return _draw(_logo_svg(current()), size, scale or _screen_scale())


def _logo_svg(theme: Theme) -> str:
    """The file is drawn in the light theme's colours; other themes put theirs in their place."""
    text = resources.path("logo.svg").read_text("utf-8")
    light = load_theme("light")
    for family in light.families():
        text = text.replace(light.family(family).colour.name().upper(), theme.family(family).colour.name())
    return text


def window_icon() -> QIcon:
    """The logo in the sizes that desktops ask for."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_draw(_logo_svg(load_theme("light")), size, 1.0))
    return made


def file(name: str, colour: QColor, filled: bool = False) -> Path:
    """A coloured icon as a file, because style sheets take pictures by their place only."""
    stem = f"{name}{'-filled' if filled else ''}-{colour.name()[1:]}"
    place = _folder() / f"{stem}.svg"
    text = svg(name, colour, filled)
    if not place.exists() or place.read_text("utf-8") != text:
        unfinished = place.with_name(f"{stem}.{os.getpid()}.part")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(place)
    return place


@cache
def _folder() -> Path:
    """The user's cache, or a temporary folder where there is none to write to."""
    cache_root = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)
    folder = Path(cache_root) / "layerloom" / "icons"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="layerloom-icons-"))

"""The bundled fonts, and each kind of text as one of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

import resources

# One row per kind of text: family, size and weight, each by its name in the theme file.
KINDS = {
    "caption": ("text", "caption", "regular"),
    "small": ("text", "small", "regular"),
    "body": ("text", "body", "regular"),
    "label": ("text", "body", "semibold"),
    "strong": ("text", "strong", "semibold"),
    "title": ("text", "title", "semibold"),
    "display": ("text", "display", "bold"),
    "code": ("code", "code", "regular"),
    "code-small": ("code", "caption", "regular"),
}


def font_of(kind: str, tokens: Mapping[str, Any], pixels: float, weight: str = "") -> QFont:
    """A font by kind, such as "title", in the families and weights of a theme's tokens; `weight` may be another."""
    family, _, usual = KINDS[kind]
    font = QFont(str(tokens[family]))
    _set_pixels(font, pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # letters keep their distances
    font.setWeight(QFont.Weight(tokens["weight"][weight or usual]))
    if family == "text":  # figures of one width, so that live numbers do not jump
        font.setFeature(QFont.Tag.fromString("tnum"), 1)
        font.setFeature(QFont.Tag.fromString("cv11"), 1)
    else:  # code shows the characters that were typed
        font.setFeature(QFont.Tag.fromString("calt"), 0)
        font.setFeature(QFont.Tag.fromString("liga"), 0)
    return font


def _set_pixels(font: QFont, pixels: float) -> None:
    """Qt takes whole pixels only; half ones go in as points of the screen's own resolution."""
    screen = QGuiApplication.primaryScreen() if QGuiApplication.instance() else None
    if pixels == int(pixels) or screen is None:
        font.setPixelSize(round(pixels))
    else:
        font.setPointSizeF(pixels * 72 / screen.logicalDotsPerInchY())


@cache
def load_fonts() -> tuple[str, ...]:
    """Make the bundled fonts known to Qt; returns their families. Needs a QGuiApplication."""
    files = sorted(resources.path("fonts").glob("*.ttf"))
    numbers = [QFontDatabase.addApplicationFont(str(file)) for file in files]
    families = {family for number in numbers for family in QFontDatabase.applicationFontFamilies(number)}
    return tuple(sorted(families))

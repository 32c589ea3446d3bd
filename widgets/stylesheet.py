"""The style sheet: resources/themes/layerloom.qss with a theme's values in place of its names."""

import re

import resources
from widgets import icons
from widgets.theme import Theme

_NAME = re.compile(
    r"@icon\((?P<icon>[^)]*)\)|@(?P<kind>space|radius|size|inner|font|family)-(?P<name>[a-z0-9-]+)"
    r"|@(?P<colour>[a-z0-9-]+)"
)
_BORDER = 2
"""Pixels that a control's border takes from its height; that of a focused one takes twice as many."""


def stylesheet(theme: Theme) -> str:
    """The whole style sheet in the colours and sizes of a theme."""
    sheet = resources.path("themes", "layerloom.qss").read_text("utf-8")
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return _NAME.sub(lambda match: _value(theme, match), rules)


def _value(theme: Theme, match: re.Match[str]) -> str:
    if match["icon"]:
        name, colour, *filled = (part.strip() for part in match["icon"].split(","))
        return f'url("{icons.file(name, theme.colour(colour), bool(filled)).as_posix()}")'
    if match["colour"]:
        return theme.colour(match["colour"]).name()
    return _length(theme, match["kind"], match["name"])


def _length(theme: Theme, kind: str, name: str) -> str:
    if kind == "family":
        return theme.font_family("code" if name == "code" else "text")
    if kind == "inner":
        focused = name.endswith("-focus")
        return f"{theme.size(name.removesuffix('-focus')) - _BORDER * (2 if focused else 1)}px"
    if kind == "space":
        return f"{theme.space(int(name))}px"
    if kind == "radius":
        return f"{theme.radius(name)}px"
    return f"{theme.font_size(name) if kind == 'font' else theme.size(name)}px"

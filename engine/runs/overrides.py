"""Values of a recipe by path, as the command line writes them: `optimizer.lr=0.01`, `data=Digits`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from engine.recipes.recipe import Recipe

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("none", "null", ""), None),
}


def overridden(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with these values, taken over one after the other. Raises ValueError with a sentence."""
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path.strip():
            raise ValueError(f"{setting[:60]!r} sets nothing; write it as optimizer.lr=0.01")
        recipe = _with(recipe, path.strip(), text.strip())
    return recipe


def paths(recipe: Recipe) -> tuple[str, ...]:
    """Every value of this recipe that can be set."""
    return tuple(dict.fromkeys(_paths(recipe.as_data(), "")))


def _with(recipe: Recipe, path: str, text: str) -> Recipe:
    if path not in paths(recipe):
        raise ValueError(f"there is no setting called {path[:60]!r}{_nearest(path, recipe)}")
    refusal: ValueError | None = None
    for value in _readings(text):
        data = copy.deepcopy(recipe.as_data())
        _put(data, path.split("."), value)
        try:
            return Recipe.from_data(data)
        except ValueError as error:
            refusal = refusal or error
    raise ValueError(f"{path}={text[:60]}: {refusal}")


def _nearest(path: str, recipe: Recipe) -> str:
    """Where the settings of a known kind lie under other names, those; else names that are written alike."""
    known = paths(recipe)
    last = path.rpartition(".")[2]
    near = [name for name in known if name.rpartition(".")[2] == last]
    near += get_close_matches(path, known, 1, 0.5) or get_close_matches(last, known, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known[:12])} and more"


def _readings(text: str) -> Iterator[Any]:
    """What a word may mean: a number, true, none, a list - or else the word itself."""
    if text.lower() in _WORDS:
        yield _WORDS[text.lower()]
    else:
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            if "," in text:
                yield [_plain(entry.strip()) for entry in text.strip("[]()").split(",") if entry.strip()]
    yield text


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _paths(value: Any, path: str) -> Iterator[str]:
    if path:
        yield path
    if isinstance(value, dict):
        inner = value.get("settings", {}) if _is_part(value) else value
        for name, entry in inner.items():
            yield from _paths(entry, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        for index, entry in enumerate(value):
            yield from _paths(entry, f"{path}.{index}")


def _put(data: Any, names: Sequence[str], value: Any) -> None:
    """Put a value at a path. A word in the place of a part chooses its kind, which keeps the settings that fit."""
    first, *rest = names
    key = int(first) if isinstance(data, list) else first
    old = data[key]
    if rest:
        _put(old["settings"] if _is_part(old) else old, rest, value)
    elif isinstance(value, str) and _is_part(old):
        data[key] = {"kind": value, "settings": {}}
    elif isinstance(old, list) and isinstance(value, str | int | float) and not isinstance(value, bool):
        data[key] = [{"kind": value, "settings": {}} if value and _are_parts(old) else value]
    else:
        data[key] = value


def _is_part(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("kind"), str)


def _are_parts(value: list[Any]) -> bool:
    return bool(value) and all(_is_part(entry) for entry in value)

"""Values of settings as people write them, and back: `3×5`, `0,01`, `same`, `None`."""

from __future__ import annotations

import re
from math import ceil, floor, log10

from PySide6.QtCore import QLocale

from engine.cost.counting import Field
from engine.settings import Param, Value

NOTHING = "None"
LEAST_STEP = 1e-8
"""Below this, stepping a small number down ends at nothing."""
FIRST_STEP = 1e-4
"""Where stepping up from nothing begins."""
_GROUPED = re.compile(r"[+-]?\d{1,3}([., \u00a0\u202f'’]\d{3})+")
_ENTRIES = re.compile(r"\s*[×xX*;]\s*|,\s+|\s+")
_WHOLE_ENTRIES = re.compile(r"\s*[×xX*;,]\s*|\s+")


def text_of(value: Value, locale: QLocale | None = None) -> str:
    """A value as a field shows it: every digit that counts, with the decimal sign of the language."""
    if value is None:
        return NOTHING
    if isinstance(value, tuple):
        between = "; " if any(isinstance(entry, float) for entry in value) else "×"
        return between.join(text_of(entry, locale) for entry in value)
    if isinstance(value, float):
        return _float_text(value).replace(".", (locale or QLocale()).decimalPoint())
    return str(value)


def value_of(row: Param, text: str) -> object:
    """What somebody typed as a candidate for `Param.read`, which accepts it or says what is wrong with it."""
    bare = text.strip().strip("'\"")
    for word in row.choices:
        if bare.casefold() == word.casefold():
            return word
    if row.optional and bare.casefold() in ("", NOTHING.casefold()):
        return None
    if row.kind is str:
        return text
    return _numbers(row, bare)


def stepped(row: Param, value: Value, steps: int) -> Value:
    """The value some steps up or down, as far as its limits allow; each entry of a pair goes along."""
    if isinstance(value, tuple):
        return tuple(stepped(row, entry, steps) for entry in value)
    if value is None or isinstance(value, str):
        return _first_number(row)
    if row.kind is float:
        return _within(row, _step_float(row, float(value), steps))
    return int(_within(row, int(value) + steps))


def _within(row: Param, number: float) -> float:
    low, high = row.low, row.high
    number = number if low is None else max(number, float(low))
    return number if high is None else min(number, float(high))


def _numbers(row: Param, bare: str) -> object:
    many = bool(row.dims or row.listed)
    inner = bare.strip("()[]{} ").rstrip(",")
    if not many:
        return _number(row, inner)
    if row.kind is float and (single := _number(row, inner)) is not inner and not row.listed:
        return single
    parts = [part for part in (_WHOLE_ENTRIES if row.kind is int else _ENTRIES).split(inner) if part]
    if len(parts) == 1 and not row.listed and bare == inner:
        return _number(row, parts[0])
    return tuple(_number(row, part) for part in parts) or bare


def _number(row: Param, text: str) -> object:
    """A number, None where it may be, or the text itself where it is neither."""
    if row.optional and text.casefold() == NOTHING.casefold():
        return None
    plain = text.replace("−", "-")
    if row.kind is int and not (row.dims or row.listed) and _GROUPED.fullmatch(plain):
        plain = re.sub(r"[^\d+-]", "", plain)
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(_with_point(plain))
    except ValueError:
        return text


def _with_point(text: str) -> str:
    """The decimal comma as a point; where there are both, the last one is the decimal sign."""
    if "," in text and "." in text:
        group = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(group, "")
    return text.replace(",", ".")


def _float_text(value: float) -> str:
    mantissa, _, exponent = repr(value).partition("e")
    return mantissa.removesuffix(".0") + (f"e{int(exponent)}" if exponent else "")


def _first_number(row: Param) -> Value:
    """Where stepping begins for a word or for None."""
    default = row.default[0] if isinstance(row.default, tuple) else row.default
    if isinstance(default, int | float):
        return default
    if row.kind is float:
        return float(row.low or 0)
    return int(max(row.low or 0, 1))


def _step_float(row: Param, value: float, steps: int) -> float:
    if not _by_factor(row):
        size = 0.05 if row.high is not None and row.high <= 1 else 0.1
        return round(value + steps * size, 10)
    for _ in range(abs(steps)):
        value = _next_125(value) if steps > 0 else _previous_125(value)
    return value


def _by_factor(row: Param) -> bool:
    """Whether orders of magnitude matter, as for learning rates: 0.001, 0.002, 0.005, 0.01."""
    small = isinstance(row.default, float) and 0 < row.default < 0.05
    return row.low is not None and row.low >= 0 and (small or row.high is None or row.high > 10)


def _next_125(value: float) -> float:
    if value <= 0:
        return FIRST_STEP
    power = floor(log10(value))
    candidates = (float(f"{digit}e{power + shift}") for shift in (0, 1) for digit in (1, 2, 5))
    return next(candidate for candidate in candidates if candidate > value)


def _previous_125(value: float) -> float:
    if value <= LEAST_STEP:
        return 0.0
    power = floor(log10(value))
    candidates = (float(f"{digit}e{power + shift}") for shift in (0, -1) for digit in (5, 2, 1))
    return next(candidate for candidate in candidates if candidate < value)


def count_text(count: int) -> str:
    """A whole number in groups of three: 105,962."""
    return f"{count:,}".replace(",", QLocale().groupSeparator())


def cost_text(count: int) -> str:
    """A count that may be very large: 105,962 or 49 billion."""
    for power, word in ((12, "trillion"), (9, "billion")):
        if count >= 10 * 10**power:
            return f"{count / 10**power:,.4g} {word}"
    return count_text(count)


def examples_text(batch: int) -> str:
    """How many examples memory is counted for."""
    return f"{count_text(batch)} example{'s' * (batch != 1)}"


def field_text(field: Field) -> str:
    """How much of the input a block sees: 18×18, or all of it."""
    return "everything" if field is None else "×".join(str(ceil(reach.span)) for reach in field) or "1"


def stride_text(field: Field) -> str:
    """How far apart neighbours see: 4×4."""
    return "" if field is None else "×".join(str(reach.stride) for reach in field)


def size_text(count: float) -> str:
    """A number of bytes with three digits and its unit: 25.1 kB."""
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    step = 0
    while count >= 999.5 and step < len(units) - 1:
        count, step = count / 1000, step + 1
    digits = f"{count:.0f}" if step == 0 or 99.95 <= count < 1e6 else f"{count:.3g}"
    return f"{digits.replace('.', QLocale().decimalPoint())}\u2009{units[step]}"

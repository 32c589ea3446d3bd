"""Every text and every mark can be told from what lies behind it, and colours from each other, for every eye."""

import math
from itertools import combinations

import pytest

from widgets.theme import Theme, load_theme, theme_names

SURFACES = ("canvas", "surface", "surface-raised", "surface-overlay", "surface-sunken")
TEXTS = ("text", "text-muted", "text-faint")
SIGNALS = ("accent", "danger", "warning", "ok")
CODES = ("code-keyword", "code-string", "code-number", "code-comment", "code-call")
INKS = ("#12141A", "#FFFFFF")
TEXT_FLOOR, GRAPHIC_FLOOR, APART_FLOOR = 4.5, 3.0, 10.0

TEXT_PAIRS = (
    *((front, back) for front in TEXTS + SIGNALS for back in SURFACES),
    *((front, back) for front in (*TEXTS, "accent") for back in ("hover", "accent-soft")),
    *((signal, f"{signal}-soft") for signal in SIGNALS[1:]),
    *((front, f"{signal}-soft") for front in TEXTS[:2] for signal in SIGNALS[1:]),
    *(("on-accent", back) for back in ("accent-fill", "accent-fill-hover")),
    ("on-danger", "danger-fill"),
    *((front, back) for front in (*CODES, "text") for back in ("surface-sunken", "surface", "code-highlight")),
)

# How the three kinds of colour blindness mix red, green and blue (Machado, Oliveira, Fernandes 2009).
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)

Triple = tuple[float, float, float]


@pytest.fixture(params=theme_names())
def theme(request: pytest.FixtureRequest) -> Theme:
    return load_theme(request.param)


@pytest.mark.parametrize("front,back", TEXT_PAIRS)
def test_text_can_be_read(theme: Theme, front: str, back: str) -> None:
    assert contrast(shade(theme, front), shade(theme, back)) >= TEXT_FLOOR


def test_marks_can_be_seen(theme: Theme) -> None:
    families = numbered(theme, "family-")
    backs = ("canvas", "surface", "surface-raised")
    pairs = [(mark, back) for mark in families + numbered(theme, "plot-") for back in backs]
    pairs += [("family-glyph", family) for family in families]
    pairs += [(wire, back) for wire in ("wire", "wire-hover", "wire-error", "port") for back in backs[::2]]
    pairs += [(mark, back) for mark in ("line-strong", "focus", *SIGNALS) for back in SURFACES]
    faint = [pair for pair in pairs if contrast(*(shade(theme, name) for name in pair)) < GRAPHIC_FLOOR]
    assert not faint


@pytest.mark.parametrize("heat", ["sequential", "count", "diverging"])
def test_numbers_on_a_heat_map_can_be_read_in_one_of_two_inks(theme: Theme, heat: str) -> None:
    for stop in theme.heat(heat):
        assert max(contrast(ink, stop.name()) for ink in INKS) >= TEXT_FLOOR


@pytest.mark.parametrize("prefix", ["family-", "plot-"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_of_one_set_differ_for_every_eye(theme: Theme, prefix: str, sight: str) -> None:
    seen = {name: lab(shade(theme, name), sight) for name in numbered(theme, prefix)}
    close = [pair for pair in combinations(seen, 2) if distance(seen[pair[0]], seen[pair[1]]) < APART_FLOOR]
    assert not close


def test_the_measure_knows_black_from_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert distance(lab("#000000", "normal"), lab("#FFFFFF", "normal")) == pytest.approx(100, abs=0.1)


def shade(theme: Theme, name: str) -> str:
    return theme.colour(name).name()


def numbered(theme: Theme, prefix: str) -> list[str]:
    return [name for name in theme.tokens["colour"] if name.startswith(prefix) and name != "family-glyph"]


def linear(colour: str) -> Triple:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))

    def one(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return one(red), one(green), one(blue)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""
    weights = (0.2126, 0.7152, 0.0722)
    low, high = sorted(dot(weights, linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def dot(one: Triple, other: Triple) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def lab(colour: str, sight: str) -> Triple:
    """CIELAB of a colour as this eye sees it."""
    red, green, blue = (min(1.0, max(0.0, dot(row, linear(colour)))) for row in SIGHTS[sight])
    x, y, z = (dot(row, (red, green, blue)) / white for row, white in zip(TO_XYZ, WHITE, strict=True))

    def root(value: float) -> float:
        return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116

    return 116 * root(y) - 16, 500 * (root(x) - root(y)), 200 * (root(y) - root(z))


def distance(one: Triple, other: Triple) -> float:
    """CIEDE2000."""
    (light1, a1, b1), (light2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean**7 / (mean**7 + 25**7))
    chroma1, chroma2 = math.hypot(a1 * stretch, b1), math.hypot(a2 * stretch, b2)
    hue1 = math.degrees(math.atan2(b1, a1 * stretch)) % 360
    turn = (math.degrees(math.atan2(b2, a2 * stretch)) - hue1 + 180) % 360 - 180
    light, chroma, hue = (light1 + light2) / 2, (chroma1 + chroma2) / 2, hue1 + turn / 2

    def cos(degrees: float) -> float:
        return math.cos(math.radians(degrees))

    tint = 1 - 0.17 * cos(hue - 30) + 0.24 * cos(2 * hue) + 0.32 * cos(3 * hue + 6) - 0.20 * cos(4 * hue - 63)
    spin = 60 * math.exp(-(((hue % 360 - 275) / 25) ** 2))
    rotation = -math.sin(math.radians(spin)) * 2 * math.sqrt(chroma**7 / (chroma**7 + 25**7))
    by_light = (light2 - light1) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    by_chroma = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    swing = 2 * math.sqrt(chroma1 * chroma2) * math.sin(math.radians(turn) / 2)
    by_hue = swing / (1 + 0.015 * chroma * tint)
    return math.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue)

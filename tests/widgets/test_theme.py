"""The theme: every name resolves, every icon draws, both themes dress a window without a word from Qt."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QFontMetricsF, QIcon
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import resources
from widgets import icons, theme
from widgets.fonts import load_fonts
from widgets.stylesheet import stylesheet

ROOT = Path(__file__).parents[2]
ICONS = sorted(path.relative_to(resources.path("icons")) for path in resources.path("icons").glob("*/*.svg"))


@pytest.fixture(params=theme.theme_names())
def loaded(request: pytest.FixtureRequest, qapp: QApplication) -> theme.Theme:
    return theme.load_theme(request.param)


def test_both_themes_have_the_same_names() -> None:
    light, dark = (theme.load_theme(name) for name in ("light", "dark"))
    assert theme.theme_names() == ("dark", "light")
    assert {key: set(value) for key, value in light.tokens.items() if isinstance(value, dict)} == {
        key: set(value) for key, value in dark.tokens.items() if isinstance(value, dict)
    }
    assert dark.dark and not light.dark


def test_colours_used_in_the_source_exist() -> None:
    used = re.compile(r"\.colour\(\s*\"([a-z0-9-]+)\"")
    known = theme.load_theme("light").tokens["colour"]
    for folder in ("widgets", "app"):
        for path in (ROOT / folder).rglob("*.py"):
            assert set(used.findall(path.read_text("utf-8"))) <= set(known), path


def test_icons_used_in_the_source_exist() -> None:
    used = re.compile(r"(?:\bicon|\bpixmap)\(\s*\"([a-z0-9-]+)\"")
    known = {path.stem for path in ICONS}
    for folder in ("widgets", "app"):
        for path in (ROOT / folder).rglob("*.py"):
            assert set(used.findall(path.read_text("utf-8"))) <= known, path


def test_the_style_sheet_leaves_no_name_open(loaded: theme.Theme) -> None:
    sheet = stylesheet(loaded)
    assert "@" not in sheet
    assert sheet.count("{") == sheet.count("}")
    for place in re.findall(r'url\("([^"]+)"\)', sheet):
        assert "currentColor" not in Path(place).read_text("utf-8")


def test_a_theme_dresses_a_window_in_silence(qtbot: QtBot, qapp: QApplication, loaded: theme.Theme) -> None:
    theme.apply(qapp, loaded)
    window = QMainWindow()
    qtbot.addWidget(window)
    inside = QWidget()
    layout = QVBoxLayout(inside)
    for widget in (QPushButton("Train"), QLineEdit("conv1"), QSpinBox(), QComboBox(), QCheckBox("bias")):
        layout.addWidget(widget)
    window.setCentralWidget(inside)
    window.show()
    assert window.grab().toImage().pixelColor(3, 3) == loaded.colour("surface")


def test_a_kind_changes_a_button_at_once(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.load_theme("light"))
    button = QPushButton("Train")
    button.resize(120, 28)
    qtbot.addWidget(button)
    button.show()
    theme.set_kind(button, "primary")
    assert button.grab().toImage().pixelColor(8, 14) == theme.current().colour("accent-fill")


def test_switching_tells_everybody(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.load_theme("light"))
    dark = theme.load_theme("dark")
    with qtbot.waitSignal(theme.themes().changed) as told:
        theme.apply(qapp, dark)
    assert told.args == [dark]
    assert theme.current() is dark


@pytest.mark.parametrize("path", ICONS, ids=str)
def test_every_icon_draws_in_the_colour_asked_for(qapp: QApplication, path: Path) -> None:
    filled = path.parent.name == "filled"
    image = icons.pixmap(path.stem, "danger", 32, filled, scale=1.0).toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 250
    }
    assert theme.current().colour("danger").name() in colours


def test_every_family_has_an_icon_and_a_pattern_of_its_own(loaded: theme.Theme) -> None:
    families = [loaded.family(name) for name in loaded.families()]
    assert len(families) == 10
    assert len({family.pattern for family in families}) == 10
    assert all(not icons.icon(family.icon).isNull() for family in families)


def test_a_disabled_icon_is_faded_and_a_checked_one_lit(qapp: QApplication) -> None:
    made = icons.icon("circle", size=16, filled=True)
    size = QSize(16, 16)
    centre = [
        made.pixmap(size, 1.0, mode, state).toImage().pixelColor(8, 8).name()
        for mode, state in (
            (QIcon.Mode.Normal, QIcon.State.Off),
            (QIcon.Mode.Disabled, QIcon.State.Off),
            (QIcon.Mode.Normal, QIcon.State.On),
        )
    ]
    assert centre == [theme.current().colour(name).name() for name in ("text-muted", "text-disabled", "accent")]


def test_the_logo_follows_the_theme(qapp: QApplication) -> None:
    pictures = []
    for name in ("light", "dark"):
        theme.apply(qapp, theme.load_theme(name))
        pictures.append(icons.logo(48, 1.0).toImage())
    assert pictures[0] != pictures[1]
    assert pictures[0].pixelColor(24, 24) == QColor(theme.load_theme("light").colour("family-linear"))


def test_bundled_fonts_bring_their_weights(qapp: QApplication) -> None:
    assert load_fonts() == ("Inter", "JetBrains Mono")
    assert {"Regular", "Medium", "SemiBold", "Bold"} <= set(QFontDatabase.styles("Inter"))
    for kind in ("body", "label", "title", "display"):
        assert QFontInfo(theme.current().font(kind)).family() == "Inter"
    code = QFontMetricsF(theme.current().font("code"))
    assert code.horizontalAdvance("iiii") == code.horizontalAdvance("WWWW")


@pytest.mark.parametrize("kind,pixels", [("caption", 11), ("small", 12), ("strong", 14), ("title", 17)])
def test_fonts_have_the_sizes_of_the_theme(qapp: QApplication, kind: str, pixels: int) -> None:
    assert theme.current().font(kind).pixelSize() == pixels


def test_compact_is_lower_and_calm_is_still() -> None:
    roomy = theme.load_theme("light")
    compact = roomy.with_(density="compact", reduced_motion=True)
    assert (roomy.size("control"), compact.size("control")) == (28, 24)
    assert (roomy.font_size("body"), compact.font_size("body")) == (13, 12.5)
    assert (roomy.duration("slow"), compact.duration("slow")) == (220, 0)
    assert roomy.size("port") == compact.size("port")


def test_heat_tables_begin_and_end_with_their_stops(loaded: theme.Theme) -> None:
    for name in ("sequential", "count", "diverging"):
        table, stops = loaded.heat_table(name), loaded.heat(name)
        assert table.shape == (256, 3) and table.dtype == np.uint8
        assert [QColor(*map(int, table[row])).name() for row in (0, 255)] == [stops[0].name(), stops[-1].name()]


def test_plot_styles_repeat_after_eight(loaded: theme.Theme) -> None:
    assert loaded.plot(0) == loaded.plot(8)
    assert len({loaded.plot(index).marker for index in range(8)}) == 8


def test_a_spin_box_keeps_its_number_from_the_edge(qtbot: QtBot) -> None:
    spin_box = QSpinBox()
    qtbot.addWidget(spin_box)
    theme.inset_text(spin_box)
    edit = spin_box.findChild(QLineEdit)
    assert isinstance(edit, QLineEdit) and edit.textMargins().left() == 6


def test_a_label_with_a_kind_is_larger(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.load_theme("light"))
    plain, title = QLabel("Loss"), QLabel("Loss")
    qtbot.addWidget(plain)
    qtbot.addWidget(title)
    theme.set_kind(title, "title")
    assert title.sizeHint().height() > plain.sizeHint().height()

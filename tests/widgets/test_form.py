"""A form shows the values of settings, asks for other ones, and says in words what cannot be."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.blocks.activation import LeakyReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input
from engine.blocks.merge import Add
from engine.blocks.pooling import MaxPool2d
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import DATA_SETS, LOSSES, OPTIMIZERS, Recipe
from engine.recipes.transforms import TRANSFORMS
from engine.settings import Param, Settings, Value
from widgets.editors import Choice, Field, Switch
from widgets.form import Form
from widgets.theme import load_theme, themes
from widgets.value_text import stepped, text_of, value_of

GERMAN = QLocale(QLocale.Language.German)


def show(qtbot: QtBot, window: QWidget) -> None:
    """Show a window and wait until the keyboard is its own."""
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


class Asked:
    """What a form asked for."""

    def __init__(self, form: Form) -> None:
        self.values: list[tuple[str, object]] = []
        self.finished = 0
        form.changed.connect(lambda name, value: self.values.append((name, value)))
        form.finished.connect(self._count)

    def _count(self) -> None:
        self.finished += 1


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(settings=Conv2d())
    qtbot.addWidget(made)
    show(qtbot, made)
    return made


def field(form: Form, name: str) -> Field:
    editor = form.editor(name)
    assert isinstance(editor, Field)
    return editor


def type_into(form: Form, name: str, text: str, enter: bool = True) -> None:
    editor = field(form, name)
    editor.setFocus()
    editor.lineEdit().selectAll()
    QTest.keyClicks(editor, text)
    if enter:
        QTest.keyClick(editor, Qt.Key.Key_Return)


def row_of(settings: type[Settings], name: str) -> Param:
    return next(row for row in settings.params() if row.name == name)


def test_every_kind_of_setting_has_its_field(form: Form) -> None:
    assert isinstance(form.editor("bias"), Switch)
    assert isinstance(form.editor("padding_mode"), Choice)
    assert field(form, "kernel_size").text() == "3"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("kernel_size", "5", 5),
        ("kernel_size", "3×5", (3, 5)),
        ("kernel_size", "3, 5", (3, 5)),
        ("kernel_size", "3x5", (3, 5)),
        ("kernel_size", "(3, 5)", (3, 5)),
        ("padding", "same", "same"),
        ("padding", "'Valid'", "valid"),
        ("out_channels", "1,024", 1024),
    ],
)
def test_numbers_pairs_and_words_are_typed_into_one_field(
    qtbot: QtBot, form: Form, name: str, text: str, value: Value
) -> None:
    asked = Asked(form)
    type_into(form, name, text)
    assert asked.values == [(name, value)]
    assert form.error(name) == ""


def test_what_cannot_be_is_said_below_the_field_and_stays_there(qtbot: QtBot, form: Form) -> None:
    asked = Asked(form)
    type_into(form, "kernel_size", "0")
    assert asked.values == []
    assert form.error("kernel_size") == ("kernel_size must be a whole number from 1 to 100,000 or 2 of them, not 0.")
    assert field(form, "kernel_size").text() == "0"
    form.show_settings(Conv2d(out_channels=99))
    assert field(form, "kernel_size").text() == "0"
    QTest.keyClick(field(form, "kernel_size"), Qt.Key.Key_Escape)
    assert field(form, "kernel_size").text() == "3"
    assert form.error("kernel_size") == ""


def test_typing_on_takes_the_sentence_away(qtbot: QtBot, form: Form) -> None:
    type_into(form, "kernel_size", "zero")
    assert "not 'zero'" in form.error("kernel_size")
    type_into(form, "kernel_size", "7", enter=False)
    assert form.error("kernel_size") == ""


def test_settings_that_do_not_go_together_are_refused(qtbot: QtBot) -> None:
    form = Form(settings=SGD())
    qtbot.addWidget(form)
    form.show()
    asked, switch = Asked(form), form.editor("nesterov")
    assert isinstance(switch, Switch)
    switch.click()
    assert "momentum above 0" in form.error("nesterov")
    assert not switch.isChecked()
    assert asked.values == []


def test_one_change_for_each_value_and_one_end(qtbot: QtBot, form: Form) -> None:
    asked = Asked(form)
    editor = field(form, "out_channels")
    editor.setFocus()
    for _ in range(3):
        QTest.keyPress(editor, Qt.Key.Key_Up)
    QTest.keyRelease(editor, Qt.Key.Key_Up)
    assert asked.values == [("out_channels", 17), ("out_channels", 18), ("out_channels", 19)]
    assert asked.finished == 1


def test_leaving_the_field_submits_what_was_typed(qtbot: QtBot, form: Form) -> None:
    type_into(form, "stride", "2", enter=False)
    asked = Asked(form)
    assert asked.values == []
    field(form, "padding").setFocus()
    assert asked.values == [("stride", 2)]
    assert asked.finished == 1


def test_new_values_leave_focus_and_caret_where_they_are(qtbot: QtBot, form: Form) -> None:
    editor = field(form, "out_channels")
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    editor.lineEdit().setCursorPosition(1)
    form.show_settings(Conv2d(out_channels=1600, stride=2))
    assert field(form, "out_channels") is editor
    assert editor.hasFocus()
    assert (editor.text(), editor.lineEdit().cursorPosition()) == ("1600", 1)
    assert field(form, "stride").text() == "2"


def test_text_being_typed_survives_an_update_of_something_else(qtbot: QtBot, form: Form) -> None:
    type_into(form, "out_channels", "12", enter=False)
    form.show_settings(Conv2d(stride=4))
    assert field(form, "out_channels").text() == "12"


def test_another_kind_of_block_gets_another_form(form: Form) -> None:
    form.show_settings(MaxPool2d())
    assert field(form, "stride").text() == "None"
    with pytest.raises(KeyError):
        form.editor("out_channels")


def test_rare_settings_lie_under_a_fold(qtbot: QtBot, form: Form) -> None:
    fold = next(button for button in form.findChildren(QPushButton) if "more settings" in button.text())
    assert not form.editor("groups").isVisible()
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert form.editor("groups").isVisible()


def test_rare_settings_that_are_in_use_are_shown(qtbot: QtBot) -> None:
    form = Form(settings=Conv2d(dilation=2))
    qtbot.addWidget(form)
    form.show()
    assert form.editor("dilation").isVisible()


def test_a_block_with_only_rare_settings_has_no_fold(qtbot: QtBot) -> None:
    form = Form(settings=Add())
    qtbot.addWidget(form)
    form.show()
    assert form.editor("alpha").isVisible()
    assert not [button for button in form.findChildren(QPushButton) if button.isVisible()]


def test_several_blocks_show_what_they_share(qtbot: QtBot, form: Form) -> None:
    form.show_many((Conv2d(out_channels=8), Conv2d(out_channels=16)))
    assert field(form, "out_channels").text() == ""
    assert field(form, "out_channels").lineEdit().placeholderText() == "mixed"
    assert field(form, "kernel_size").text() == "3"
    asked = Asked(form)
    type_into(form, "out_channels", "32")
    assert asked.values == [("out_channels", 32)]


def test_only_a_focused_field_turns_with_the_wheel(qtbot: QtBot) -> None:
    window, form = QWidget(), Form(settings=Conv2d())
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(form)
    show(qtbot, window)
    asked = Asked(form)
    turn_wheel(form.editor("stride"))
    assert asked.values == []
    form.editor("stride").setFocus()
    turn_wheel(form.editor("stride"))
    assert asked.values == [("stride", 2)]


def turn_wheel(widget: QWidget) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent

    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_every_field_is_named_and_explained(form: Form) -> None:
    for row in Conv2d.params():
        assert form.editor(row.name).accessibleName() == row.name
        assert row.help in form.editor(row.name).toolTip()


def test_it_follows_the_theme(qtbot: QtBot, form: Form) -> None:
    themes().show(load_theme("dark"))
    themes().show(load_theme("light", "compact"))
    assert field(form, "out_channels").text() == "16"


@pytest.mark.parametrize("text", ["0,014", "0.014", " 1.4e-2 ", "1,4e-2"])
def test_comma_and_point_mean_the_same(text: str) -> None:
    assert value_of(row_of(Adam, "lr"), text) == 0.014


def test_numbers_follow_the_language_and_keep_every_digit() -> None:
    assert text_of(0.0123456789012345, GERMAN) == "0,0123456789012345"
    assert text_of(1e-08) == "1e-8"
    assert text_of(1.0) == "1"
    assert text_of((1, 28, 28)) == "1×28×28"
    assert text_of((0.9, 0.999), GERMAN) == "0,9; 0,999"


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (Conv2d, "kernel_size", (3, 5)),
        (Conv2d, "padding", "same"),
        (MaxPool2d, "stride", None),
        (Input, "shape", (1, 28, 28)),
        (Input, "shape", (2,)),
        (Adam, "betas", (0.9, 0.999)),
        (Adam, "eps", 1e-8),
        (LeakyReLU, "negative_slope", 0.1 + 0.2),
    ],
)
@pytest.mark.parametrize("locale", [QLocale.c(), GERMAN])
def test_every_value_survives_being_shown_and_read_again(
    settings: type[Settings], name: str, value: Value, locale: QLocale
) -> None:
    row = row_of(settings, name)
    assert row.read(value_of(row, text_of(value, locale))) == value


KINDS: list[type[Settings]] = [
    *BLOCKS.values(),
    *TRANSFORMS.values(),
    *OPTIMIZERS.values(),
    *LOSSES.values(),
    *DATA_SETS.values(),
    Recipe,
]
EVERY_ROW = [(settings, row) for settings in KINDS for row in settings.params() if not row.found]


@pytest.mark.parametrize("locale", [QLocale.c(), GERMAN])
@pytest.mark.parametrize(("settings", "row"), EVERY_ROW, ids=lambda part: getattr(part, "name", None))
def test_every_default_and_limit_can_be_typed_as_it_is_shown(
    settings: type[Settings], row: Param, locale: QLocale
) -> None:
    if row.kind in (bool, str):
        return
    ends = [row.kind(end) for end in (row.low, row.high) if end is not None]
    for value in (row.default, *((end,) * max(row.dims, 1) if row.listed or row.dims else end for end in ends)):
        shown = text_of(value, locale)
        assert row.read(value_of(row, shown)) == row.read(value), f"{settings.__name__}.{row.name}: {shown}"


@given(text=st.text(max_size=20) | st.text(alphabet="0123456789.,×x ()-+e'NonesameINF", max_size=12))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for _, row in EVERY_ROW:
        with suppress(ValueError):
            assert row.read(row.read(value_of(row, text))) == row.read(value_of(row, text))


@pytest.mark.parametrize("text", ["", "abc", "3×", "1×2×3", "3.5", "-1", "nan", "1e999", "((", "None"])
def test_nonsense_is_refused_in_words(text: str) -> None:
    row = row_of(Conv2d, "kernel_size")
    if text == "3×":
        assert row.read(value_of(row, text)) == 3
        return
    with pytest.raises(ValueError, match="kernel_size must be"):
        row.read(value_of(row, text))


def test_rates_step_by_factors_and_shares_by_twentieths() -> None:
    rate, slope, eps = row_of(Adam, "lr"), row_of(SGD, "momentum"), row_of(Adam, "eps")
    assert [stepped(rate, 0.001, 1), stepped(rate, 0.001, 3), stepped(rate, 0.001, -1)] == [0.002, 0.01, 0.0005]
    assert stepped(rate, 0.0, 1) == 1e-4
    assert stepped(eps, 1e-8, -1) == 0.0
    assert stepped(slope, 0.9, 1) == 0.95
    assert stepped(slope, 1.0, 1) == 1.0


def test_steps_keep_to_the_limits_and_take_pairs_along() -> None:
    kernel = row_of(Conv2d, "kernel_size")
    assert stepped(kernel, (3, 5), 2) == (5, 7)
    assert stepped(kernel, 1, -1) == 1
    assert stepped(row_of(Conv2d, "padding"), "same", 1) == 0
    assert stepped(row_of(MaxPool2d, "stride"), None, 1) == 1

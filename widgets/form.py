"""A form that is read from declarations: one row for each setting, never written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.settings import Param, Settings, Value
from widgets.editors import Editor, Field, editor_for
from widgets.icons import icon
from widgets.theme import set_kind, themes
from widgets.value_text import text_of

START = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Form(QWidget):
    """Shows the values of settings and asks for other ones; it never changes anything itself.

    `changed` comes once for each value that the settings would accept. `finished` says that a series of them
    (a turning wheel, a held arrow key) is over.
    """

    changed = Signal(str, object)
    finished = Signal()

    def __init__(self, rows: Sequence[Param] = (), settings: Settings | None = None, names: int = 0) -> None:
        """Show settings at once, or later by `show_settings`; without rows all of theirs are shown.

        `names` is the least width of the names, in pixels, so that the fields of several forms begin at one place.
        """
        super().__init__()
        self._names = names
        self._settings: tuple[Settings, ...] = ()
        self._sheets: dict[tuple[type[Settings], tuple[Param, ...]], _Sheet] = {}
        self._sheet: _Sheet | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        if settings is not None:
            self.show_settings(settings, rows or None)

    def show_settings(self, settings: Settings, rows: Sequence[Param] | None = None) -> None:
        """Show these values. Fields stay, with focus and caret, while the kind of settings does."""
        self.show_many((settings,), rows)

    def show_many(self, settings: Sequence[Settings], rows: Sequence[Param] | None = None) -> None:
        """Show the rows that all of these settings have, with "mixed" where they differ."""
        self._settings = tuple(settings)
        wanted = shared_rows(settings) if rows is None else tuple(rows)
        sheet = self._sheet_for(type(settings[0]), wanted)
        for name, row in sheet.rows.items():
            row.show_values([getattr(one, name) for one in settings])
        if sheet is not self._sheet:
            self._turn_to(sheet)

    def editor(self, name: str) -> Editor:
        """The field of a setting."""
        return self._rows[name].editor

    def has_focus(self, name: str) -> bool:
        """Whether the caret is in the field of a setting; there need be none."""
        return name in self._rows and self._rows[name].editor.hasFocus()

    def error(self, name: str) -> str:
        """The sentence under a field, or nothing."""
        return self._rows[name].error.text()

    def speak_plainly(self) -> None:
        """Say "Reduced motion" in place of reduced_motion: for settings that are no words of PyTorch."""
        for name, row in self._rows.items():
            row.label.setText(name.replace("_", " ").capitalize())
            set_kind(row.label, "")

    def discard(self) -> None:
        """Forget text that was typed but not submitted, because it was meant for something else."""
        for row in self._rows.values():
            row.discard()

    def focus_first(self) -> None:
        """Put the caret into the first field, its text selected."""
        for row in self._rows.values():
            row.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if isinstance(row.editor, Field):
                row.editor.selectAll()
            return

    def set_unfolded(self, unfolded: bool) -> None:
        """Show or hide the rare settings."""
        if self._sheet is not None:
            self._sheet.set_unfolded(unfolded)

    @property
    def _rows(self) -> dict[str, _Row]:
        return self._sheet.rows if self._sheet is not None else {}

    def _sheet_for(self, kind: type[Settings], rows: tuple[Param, ...]) -> _Sheet:
        """The rows for a kind of settings, made once: building fields takes longer than showing values in them."""
        if (kind, rows) not in self._sheets:
            sheet = self._sheets[kind, rows] = _Sheet(rows, self._names)
            sheet.submitted.connect(self._submit)
            sheet.finished.connect(self.finished)
            self._column.addWidget(sheet)
            sheet.hide()
        return self._sheets[kind, rows]

    def _turn_to(self, sheet: _Sheet) -> None:
        """Show other rows; text that was typed into the ones before was not meant for these settings."""
        self.discard()
        if self._sheet is not None:
            self._sheet.hide()
        self._sheet = sheet
        if any(getattr(one, row.param.name) != row.param.default for one in self._settings for row in sheet.rare):
            sheet.set_unfolded(True)
        sheet.show()

    def _submit(self, name: str, value: object) -> None:
        """Ask for a value, or say in words why it cannot be; what was typed stays in the field."""
        row = self._rows[name]
        try:
            changed = [one.changed(**{name: value}) for one in self._settings]
        except ValueError as error:
            row.refuse(f"{error}.")
            if not isinstance(row.editor, Field):  # a switch has no text to keep: it falls back
                row.editor.show_value(getattr(self._settings[0], name))
            return
        row.refuse("")
        read: Value = getattr(changed[0], name)
        self._settings = tuple(changed)
        row.show_values([read])
        self.changed.emit(name, read)


class _Sheet(QWidget):
    """The rows for one kind of settings, the rare ones under a fold."""

    submitted = Signal(str, object)
    finished = Signal()

    def __init__(self, params: Sequence[Param], names: int) -> None:
        super().__init__()
        self.rows: dict[str, _Row] = {}
        self._fold: QPushButton | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnMinimumWidth(0, names)
        self._grid.setColumnStretch(1, 1)
        rare = [param for param in params if param.rare]
        usual = [param for param in params if not param.rare]
        for number, param in enumerate(usual):
            self._add(param, number)
        if usual and rare:
            self._fold = self._fold_button(len(rare))
            self._grid.addWidget(self._fold, 2 * len(usual), 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        for number, param in enumerate(rare, len(usual) + 1):
            self._add(param, number)
        self.set_unfolded(False)
        themes().changed.connect(self._restyle)
        self._restyle()

    @property
    def rare(self) -> tuple[_Row, ...]:
        return tuple(row for row in self.rows.values() if row.param.rare)

    def set_unfolded(self, unfolded: bool) -> None:
        if self._fold is None:
            return
        self._fold.setChecked(unfolded)
        for row in self.rare:
            row.set_visible(unfolded)
        self._restyle()

    def _add(self, param: Param, number: int) -> None:
        row = self.rows[param.name] = _Row(param)
        self._grid.addWidget(row.label, 2 * number, 0, START)
        if param.kind is bool:
            self._grid.addWidget(row.editor, 2 * number, 1, START)
        else:
            self._grid.addWidget(row.editor, 2 * number, 1)
        self._grid.addWidget(row.error, 2 * number + 1, 0, 1, 2)
        row.editor.submitted.connect(partial(self.submitted.emit, param.name))
        row.editor.finished.connect(self.finished)

    def _fold_button(self, count: int) -> QPushButton:
        button = QPushButton(f"{count} more setting{'s' * (count > 1)}")
        set_kind(button, "link")
        button.setCheckable(True)
        button.clicked.connect(self.set_unfolded)
        return button

    def _restyle(self) -> None:
        theme = themes().current
        self._grid.setHorizontalSpacing(theme.space(4))
        self._grid.setVerticalSpacing(theme.space(2) - 1)
        if self._fold is not None:
            self._fold.setIcon(icon("chevron-down" if self._fold.isChecked() else "chevron-right", "accent"))


class _Row:
    """The name of a setting, its field, and the place for a sentence below it."""

    def __init__(self, param: Param) -> None:
        self.param = param
        self.label = QLabel(param.name)
        set_kind(self.label, "code")
        self.editor = editor_for(param)
        self.error = QLabel()
        set_kind(self.error, "danger")
        self.error.setWordWrap(True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.hide()
        self.label.setBuddy(self.editor)
        self.editor.setObjectName(param.name)
        self.editor.setAccessibleName(param.name)
        self.editor.setAccessibleDescription(param.help)
        tip = f"{param.help} Default: {text_of(param.default)}"
        self.label.setToolTip(tip)
        self.editor.setToolTip(tip)
        if isinstance(self.editor, Field):
            self.editor.edited.connect(partial(self.refuse, ""))

    def show_values(self, values: Sequence[Value]) -> None:
        """One value, or several that may differ. A refused text stays until the value itself changes."""
        first = values[0]
        if all(value == first and type(value) is type(first) for value in values):
            self.editor.show_value(first)
        else:
            self.editor.show_mixed()
        if not (isinstance(self.editor, Field) and self.editor.wrong):
            self._say("")

    def refuse(self, sentence: str) -> None:
        """Say why the text cannot be, or take that away again."""
        self.editor.mark(bool(sentence))
        self._say(sentence)

    def discard(self) -> None:
        """Forget what was typed or refused."""
        if isinstance(self.editor, Field):
            self.editor.restore()
            self.refuse("")

    def set_visible(self, visible: bool) -> None:
        """Show or hide the whole row."""
        self.label.setVisible(visible)
        self.editor.setVisible(visible)
        self.error.setVisible(visible and bool(self.error.text()))

    def _say(self, sentence: str) -> None:
        if sentence != self.error.text():
            self.error.setText(sentence)
            self.error.setVisible(bool(sentence))


def shared_rows(settings: Sequence[Settings]) -> tuple[Param, ...]:
    """The rows for people that all of these settings have, in the order of the first."""
    if not settings:
        return ()
    others = [one.params() for one in settings[1:]]
    return tuple(row for row in settings[0].params() if not row.found and all(row in rows for rows in others))

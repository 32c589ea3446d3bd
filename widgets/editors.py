"""The fields of a form: a switch, a list of words, and one text field for every kind of number."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox

from engine.settings import Param, Value
from widgets.text_line import asks_for_redo, asks_for_undo
from widgets.theme import inset_text, set_kind
from widgets.value_text import stepped, text_of, value_of

MIXED = "mixed"
STEP_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class Switch(QCheckBox):
    """A setting that is on or off."""

    submitted = Signal(object)
    finished = Signal()

    def __init__(self, row: Param) -> None:
        """Off until a value is shown."""
        super().__init__()
        self.setAccessibleName(row.name)
        self.clicked.connect(self._submit)

    def show_value(self, value: Value) -> None:
        """Put the switch where the value says."""
        self.setTristate(False)
        self.setChecked(bool(value))

    def show_mixed(self) -> None:
        """Several blocks differ."""
        self.setTristate(True)
        self.setCheckState(Qt.CheckState.PartiallyChecked)

    def mark(self, wrong: bool) -> None:
        """A switch cannot be wrong by itself; the sentence below it says what does not go together."""

    def _submit(self) -> None:
        self.setTristate(False)
        self.submitted.emit(self.isChecked())
        self.finished.emit()


class Choice(QComboBox):
    """A setting that is one of some words."""

    submitted = Signal(object)
    finished = Signal()

    def __init__(self, row: Param) -> None:
        """Show the words in the order of their declaration."""
        super().__init__()
        self._default = row.default
        set_kind(self, "code")
        self.addItems(list(row.choices))
        self.setPlaceholderText(MIXED)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(self._submit)

    def show_value(self, value: Value) -> None:
        """Select the value's word."""
        self.setCurrentIndex(self.findText(str(value)))
        set_kind(self, "default" if value == self._default else "code")

    def show_mixed(self) -> None:
        """Several blocks differ."""
        self.setCurrentIndex(-1)

    def mark(self, wrong: bool) -> None:
        """A word from the list cannot be wrong by itself."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only a focused list turns: the wheel is for scrolling the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _submit(self) -> None:
        self.submitted.emit(self.currentText())
        self.finished.emit()


class Field(QAbstractSpinBox):
    """A number, a pair, a word or a list as text, with steps up and down where they mean something.

    `submitted` carries what was typed or stepped to; whoever listens accepts it by showing it, or marks it wrong.
    """

    submitted = Signal(object)
    finished = Signal()
    edited = Signal()

    def __init__(self, row: Param) -> None:
        """Empty until a value is shown."""
        super().__init__()
        self._row = row
        self._value: Value = row.default
        self._mixed = False
        self._stepping = False
        self.pending = False
        """Whether something was typed that is not submitted yet."""
        self.wrong = False
        """Whether what stands there was refused."""
        self._steps = not row.listed and row.kind in (int, float)
        self.setButtonSymbols(
            QAbstractSpinBox.ButtonSymbols.UpDownArrows if self._steps else QAbstractSpinBox.ButtonSymbols.NoButtons
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(MIDDLE)
        inset_text(self)
        self.lineEdit().textEdited.connect(self._note_typing)

    def show_value(self, value: Value) -> None:
        """Show a value; text that is being typed, or was refused, stays while the value is still the old one."""
        same = value == self._value and type(value) is type(self._value) and not self._mixed
        self._value, self._mixed = value, False
        if not (same and (self.pending or self.wrong)):
            self.restore()
        self.mark(self.wrong)
        self.lineEdit().setPlaceholderText("")

    def show_mixed(self) -> None:
        """Several blocks differ: the field is empty until something is typed."""
        self._mixed = True
        if not (self.pending or self.wrong):
            self.lineEdit().setText("")
        self.lineEdit().setPlaceholderText(MIXED)

    def restore(self) -> None:
        """The value's own text again; the caret stays where it can."""
        text, line = "" if self._mixed else text_of(self._value), self.lineEdit()
        if line.text() != text:
            caret = line.cursorPosition()
            line.setText(text)
            line.setCursorPosition(min(caret, len(text)))
        self.pending = False
        self.mark(False)

    def mark(self, wrong: bool) -> None:
        """Give the field the border of what cannot be, or take it away; defaults are muted."""
        self.wrong = wrong
        usual = self._value == self._row.default and not self._mixed
        set_kind(self, "danger" if wrong else "default" if usual else "")

    def submit(self) -> None:
        """Ask for what stands there, if anything was typed."""
        if self.pending:
            candidate = value_of(self._row, self.lineEdit().text())
            self.pending = False
            self.submitted.emit(candidate)

    def stepBy(self, steps: int) -> None:
        """Ask for the next value up or down from what stands there."""
        try:
            base = self._row.read(value_of(self._row, self.lineEdit().text()))
        except ValueError:
            base = self._value
        self._stepping = True
        self.pending = False
        value = stepped(self._row, base, steps)
        if value != self._value or self._mixed:
            self.submitted.emit(value)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways for numbers; the limits are kept when stepping."""
        both = QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return both if self._steps else QAbstractSpinBox.StepEnabledFlag.StepNone

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Anything may be typed; whether it can be is said in words when it is submitted."""
        return QValidator.State.Acceptable, text, position

    def sizeHint(self) -> QSize:
        """Narrow: the form decides how wide fields are."""
        return QSize(96, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few digits."""
        return QSize(64, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the window, unless something was typed here that is not taken yet."""
        undoing = asks_for_undo(event) or asks_for_redo(event)
        if event.type() == QEvent.Type.ShortcutOverride and undoing and not (self.pending or self.wrong):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter submits, Esc and undo restore; the rest is the field's own."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            self._end()
        elif (event.key() == Qt.Key.Key_Escape or asks_for_undo(event)) and (self.pending or self.wrong):
            self.restore()
            self.edited.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the text the whole field where there are no steps."""
        super().resizeEvent(event)
        self._spread_text()

    def changeEvent(self, event: QEvent) -> None:
        """Another style places the text anew."""
        super().changeEvent(event)
        self._spread_text()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Letting go of an arrow key ends a series of steps."""
        super().keyReleaseEvent(event)
        if event.key() in STEP_KEYS and not event.isAutoRepeat():
            self._end_steps()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Letting go of an arrow ends a series of steps."""
        super().mouseReleaseEvent(event)
        self._end_steps()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only a focused field turns: the wheel is for scrolling the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field submits what was typed."""
        self.submit()
        super().focusOutEvent(event)
        self._end()

    def _spread_text(self) -> None:
        """Without its buttons Qt leaves a field under a style sheet one pixel for its text."""
        if self.buttonSymbols() == QAbstractSpinBox.ButtonSymbols.NoButtons:
            self.lineEdit().setGeometry(self.rect().adjusted(1, 1, -1, -1))

    def _note_typing(self) -> None:
        self.pending = True
        self.edited.emit()

    def _end_steps(self) -> None:
        if self._stepping:
            self._end()

    def _end(self) -> None:
        self._stepping = False
        self.finished.emit()


Editor = Switch | Choice | Field


def editor_for(row: Param) -> Editor:
    """The field that suits a setting."""
    if row.kind is bool:
        return Switch(row)
    if row.choices and not row.dims:
        return Choice(row)
    return Field(row)

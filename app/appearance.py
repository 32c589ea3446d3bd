"""Theme and density: from the preferences to the whole program, while it runs."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from app.dialogs import close_button
from app.preferences import Preferences, save_preferences
from engine.project import ProjectError
from widgets.form import Form
from widgets.theme import apply, load_theme, themes

LOW_SCREEN = 800
"""At or below this height rows are compact unless the person says otherwise."""


class Appearance(QObject):
    """Holds the preferences and dresses the program in them."""

    changed = Signal()
    """A preference has another value."""

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__(app)
        self._app = app
        self.preferences = preferences
        self.dress()

    def dress(self) -> None:
        """Apply the theme that the preferences name."""
        wish = self.preferences
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        name = ("dark" if dark else "light") if wish.theme == "system" else wish.theme
        height = QGuiApplication.primaryScreen().availableGeometry().height()
        density = wish.density if wish.density != "automatic" else "compact" if height <= LOW_SCREEN else "comfortable"
        apply(self._app, load_theme(name, "compact" if density == "compact" else "comfortable", wish.reduced_motion))

    def change(self, **values: object) -> None:
        """Take over and store some preferences. A folder that cannot be written only costs the memory of them."""
        self.preferences = self.preferences.changed(**values)
        self.dress()
        self.changed.emit()
        try:
            save_preferences(self.preferences)
        except ProjectError:
            return

    def switch(self) -> None:
        """From dark to light or back."""
        self.change(theme="light" if themes().current.dark else "dark")

    def open_dialog(self, parent: QWidget) -> None:
        """A form over the preferences; each change shows at once."""
        dialog = QDialog(parent)
        dialog.setWindowTitle("Settings")
        form = Form(Preferences.params(), self.preferences)
        form.speak_plainly()
        form.changed.connect(lambda name, value: self.change(**{name: value}))
        column = QVBoxLayout(dialog)
        column.addWidget(form)
        column.addWidget(close_button(dialog))
        dialog.setMinimumWidth(360)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

"""Start the window: check what it stands on, dress it, show it, then warm up the training process."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import PySide6
from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.appearance import Appearance
from app.crash import install_crash_handler
from app.preferences import load_preferences
from app.runner import Runner
from app.window import Window

BROKEN_QT = (
    "Layerloom cannot start: PySide6 {version} makes Python {python} crash while drawing. "
    "Install another one: pip install 'PySide6-Essentials>=6.9,<6.12'"
)

ROOMY = QSize(1440, 900)
"""A screen up to this size is filled by the window."""
MOST_OF_SCREEN = 0.9


def broken_qt() -> str:
    """A sentence if this PySide6 would crash this Python (6.12 releases None too often before Python 3.12)."""
    if sys.version_info < (3, 12) and tuple(PySide6.__version_info__[:2]) >= (6, 12):
        return BROKEN_QT.format(version=PySide6.__version__, python=".".join(map(str, sys.version_info[:2])))
    return ""


def no_screen() -> str:
    """A sentence if there is no screen to open a window on; Qt itself would only abort."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names):
        return ""
    return "There is no screen here to open the window on. The commands work without one: layerloom --help"


def make_application() -> QApplication:
    """The one QApplication, with the names under which it stores its files."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    QCoreApplication.setOrganizationName("Layerloom")
    QCoreApplication.setApplicationName("Layerloom")
    app.setApplicationDisplayName("Layerloom")
    return app


def open_on_screen(window: Window) -> None:
    """Show the window: on all of a small screen, on most of a large one, never larger than there is room."""
    room = window.screen().availableGeometry().size()
    if room.width() <= ROOMY.width() or room.height() <= ROOMY.height():
        window.resize(room)
        window.setWindowState(Qt.WindowState.WindowMaximized)
    else:
        window.resize(room * MOST_OF_SCREEN)
    window.reset_layout()
    window.show()


def run(path: Path | None = None) -> int:
    """Open the window, with a drawing if one is given, and stay until it closes. Returns the exit code."""
    if complaint := broken_qt() or no_screen():
        print(complaint, file=sys.stderr)
        return 2
    app = make_application()
    appearance = Appearance(app, load_preferences())
    runner = Runner()
    window = Window(appearance, runner)
    install_crash_handler(window)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    open_on_screen(window)
    QTimer.singleShot(0, runner.start)  # after the first paint: nothing that PyTorch does may delay it
    if path:
        window.files.open_path(path)
    return app.exec()

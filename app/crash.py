"""Our own mistakes: the window stays, and a report can be copied."""

from __future__ import annotations

import platform
import sys
import traceback
from types import TracebackType

import PySide6
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget


def install_crash_handler(window: QWidget) -> None:
    """Show what goes wrong inside the program instead of ending it or hiding it."""
    shown: list[QMessageBox] = []

    def handle(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        if issubclass(kind, KeyboardInterrupt):
            window.close()
        elif not any(box.isVisible() for box in shown):  # one dialog, even if a timer fails again and again
            shown[:] = [_show(window, details)]

    sys.excepthook = handle


def _show(window: QWidget, details: str) -> QMessageBox:
    box = QMessageBox(
        QMessageBox.Icon.NoIcon,
        "Layerloom",
        "Something inside Layerloom went wrong.",
        parent=window,
    )
    box.setInformativeText("Your drawing is still here. Save it, then start Layerloom again if it misbehaves.")
    report = f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, {platform.platform()}\n\n{details}"
    box.setDetailedText(report)
    copy = box.addButton("Copy report", QMessageBox.ButtonRole.ActionRole)
    box.addButton("Go on", QMessageBox.ButtonRole.AcceptRole)
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    box.open()
    return box

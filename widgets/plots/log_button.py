"""The switch of a plot between linear and log."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton


def log_button() -> QToolButton:
    """Checked for a log scale."""
    button = QToolButton()
    button.setText("log")
    button.setCheckable(True)
    button.setToolTip("Log scale: every step up is the same factor, so that small values can be told apart")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("QToolButton { min-height: 16px; padding: 1px 4px; font-size: 12px; }")
    return button

"""A plot with a row above it: title, key to the lines, and the switch between linear and log."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from widgets.plots.common import Plot
from widgets.plots.lines import Look
from widgets.theme import set_kind, themes


class Key(QWidget):
    """What a line looks like, and its name."""

    def __init__(self, name: str, look: Look) -> None:
        """Drawn as the line itself is."""
        super().__init__()
        self._name, self._look = name, look
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        themes().changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        """A stroke and the word."""
        metrics = QFontMetrics(themes().current.font("small"))
        return QSize(24 + metrics.horizontalAdvance(self._name), metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Stroke, mark, word."""
        theme, painter = themes().current, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(self._look.pen(theme))
        painter.drawLine(QPointF(0, middle), QPointF(18, middle))
        if self._look.marks:
            painter.fillRect(QRectF(6, middle - 3, 6, 6), self._look.colour(theme))
        painter.setPen(theme.colour("text-muted"))
        painter.setFont(theme.font("small"))
        painter.drawText(self.rect().adjusted(23, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._name)

    def _restyle(self, _: object) -> None:
        self.updateGeometry()
        self.update()


class PlotPanel(QWidget):
    """A title row over a plot."""

    def __init__(self, title: str, plot: Plot, extras: tuple[QWidget, ...] = (), switch: bool = True) -> None:
        """`extras` stand right of the title; `switch` lets people change to a log scale."""
        super().__init__()
        self.plot = plot
        self.log_button = log_button()
        self.log_button.setParent(self)
        self.log_button.toggled.connect(plot.set_log)
        self.log_button.setVisible(switch)
        theme = themes().current
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.space(4), theme.space(3), theme.space(3), theme.space(2))
        rows.setSpacing(theme.space(2))
        rows.addLayout(title_row(QLabel(title), (*extras, self.log_button) if switch else extras))
        rows.addWidget(plot, 1)
        self.setAccessibleName(title)


def title_row(title: QLabel, extras: tuple[QWidget, ...]) -> QHBoxLayout:
    """The title at the left, the rest at the right."""
    row = QHBoxLayout()
    row.setSpacing(themes().current.space(3))
    set_kind(title, "label")
    title.setMinimumHeight(themes().current.size("control-compact"))  # rows with and without buttons are as high
    row.addWidget(title)
    row.addStretch(1)
    for extra in extras:
        row.addWidget(extra, 0, Qt.AlignmentFlag.AlignVCenter)
    return row


def log_button() -> QToolButton:
    """The switch between linear and log."""
    button = QToolButton()
    button.setText("log")
    button.setCheckable(True)
    button.setToolTip("Log scale: every step up is the same factor, so that small values can be told apart")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("QToolButton { min-height: 16px; padding: 1px 4px; font-size: 12px; }")
    return button

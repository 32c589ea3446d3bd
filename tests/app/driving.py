"""A real window with a real training process, driven as a person drives it: by mouse and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window
from engine.events import Event, Steps
from engine.graph import Graph

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
PATIENCE = 60_000


class Driver:
    """What a person at the window does and sees."""

    def __init__(self, qtbot: QtBot, app: QApplication) -> None:
        self.qtbot = qtbot
        self.runner = Runner()
        self.window = Window(Appearance(app, Preferences(theme="light", reduced_motion=True)), self.runner)
        self.window.resize(1366, 768)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.reset_layout()
        self.told: list[Event] = []
        self.runner.events.connect(self.told.extend)
        self.runner.start()
        self.asked: list[str] = []
        self.window.files.ask_unsaved = self._discard

    @property
    def graph(self) -> Graph:
        return self.window.document.graph

    def losses(self) -> list[float]:
        """The loss of every step that was told since the last `told.clear()`."""
        return [float(loss) for event in self.told if isinstance(event, Steps) for loss in event.losses]

    def until(self, happened: Callable[[], bool], patience: int = PATIENCE) -> None:
        self.qtbot.waitUntil(happened, timeout=patience)

    def until_ready(self) -> None:
        self.until(lambda: self.runner.state == "ready")

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def command(self, key: str) -> None:
        """Choose a command of the menus."""
        action = self.window.actions_by_key[key]
        assert action.isEnabled(), f"{key} cannot be chosen now"
        action.trigger()

    def drag_from_palette(self, kind: str, place: QPointF) -> None:
        """Press a row of the palette, pull it out and let go over the canvas.

        Without a screen a drag ends at once, so its drop is delivered here with the data that it carried.
        """
        palette, canvas = self.window.palette_view, self.window.canvas

        def deliver(drag: QDrag) -> None:
            self._drop(drag, canvas.mapFromScene(place))

        palette.exec_drag = deliver
        start = palette.rect_of(kind).center()
        QTest.mousePress(palette.viewport(), LEFT, PLAIN, start)
        for step in (4, 16, 40):
            QTest.mouseMove(palette.viewport(), start + QPoint(step, 3))
        QTest.mouseRelease(palette.viewport(), LEFT, PLAIN, start + QPoint(40, 3))

    def _drop(self, drag: QDrag, at: QPoint) -> None:
        viewport, mime = self.window.canvas.viewport(), drag.mimeData()
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(viewport, QDragEnterEvent(at, copy, mime, LEFT, PLAIN))
        QApplication.sendEvent(viewport, QDragMoveEvent(at, copy, mime, LEFT, PLAIN))
        QApplication.sendEvent(viewport, QDropEvent(QPointF(at), copy, mime, LEFT, PLAIN))

    def connect(self, source: str, target: str, port: str = "input") -> None:
        """Draw a wire from port to port with the mouse."""
        canvas = self.window.canvas
        cards = canvas.drawing.cards
        output = self.graph.nodes[source].block.output_ports()[0]
        start = canvas.mapFromScene(cards[source].port(True, output))
        end = canvas.mapFromScene(cards[target].port(False, port))
        self.drag(canvas.viewport(), start, end)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        QTest.mousePress(widget, LEFT, PLAIN, start)
        for share in (0.2, 0.6, 1.0):
            QTest.mouseMove(widget, start + (end - start) * share)
        QTest.mouseRelease(widget, LEFT, PLAIN, end)

    def click_block(self, name: str) -> None:
        canvas = self.window.canvas
        spot = canvas.mapFromScene(canvas.drawing.cards[name].pos() + QPointF(60.0, 14.0))
        QTest.mouseClick(canvas.viewport(), LEFT, PLAIN, spot)

    def set_value(self, name: str, setting: str, text: str) -> None:
        """Select a block and type into the inspector's field."""
        self.click_block(name)
        field = self.window.inspector.one.form.editor(setting)
        assert isinstance(field, QAbstractSpinBox)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def press_button(self, text: str, within: QWidget | None = None) -> None:
        buttons = [
            b
            for b in (within or self.window).findChildren(QAbstractButton)
            if text in (b.text(), b.accessibleName()) and b.isVisible()
        ]
        assert buttons, f"there is no button {text!r}"
        QTest.mouseClick(buttons[0], LEFT)

    def message_box(self) -> QMessageBox:
        """The message that is open."""
        boxes = [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]
        assert len(boxes) == 1
        return boxes[0]

    def answer_files(self, open_: Path | None = None, save: Path | None = None) -> None:
        """What the person chooses in the file dialogs."""
        self.window.files.choose_open = lambda: str(open_ or "")
        self.window.files.choose_save = lambda _title, _name, _kinds: str(save or "")

    def close(self) -> None:
        self.window.session.shutdown()
        self.window.document.history.setClean()
        self.window.close()
        self.window.deleteLater()

    def _discard(self) -> str:
        self.asked.append("unsaved")
        return "discard"

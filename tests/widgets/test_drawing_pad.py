"""The pad is drawn on with mouse, finger and keys, and what comes off it looks like the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage, QPainter, QPen, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import resources
from widgets.drawing_pad import DrawingPad
from widgets.own_picture import as_data, read_picture

LEFT = Qt.MouseButton.LeftButton
COPY = Qt.DropAction.CopyAction


@pytest.fixture
def pad(qtbot: QtBot) -> DrawingPad:
    made = DrawingPad()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.show()
    return made


def ink(pad: DrawingPad) -> float:
    """How much of the pad is white, 0-1."""
    return float(as_data(pad.image(), (1, 64, 64), digits=False).mean())


def test_lines_are_drawn_and_taken_back_one_by_one(pad: DrawingPad, qtbot: QtBot) -> None:
    assert pad.is_empty
    assert ink(pad) == 0
    with qtbot.waitSignal(pad.changed):
        QTest.mousePress(pad, LEFT, pos=QPoint(40, 40))
    QTest.mouseMove(pad, QPoint(160, 40))
    QTest.mouseRelease(pad, LEFT, pos=QPoint(160, 40))
    one = ink(pad)
    QTest.mouseClick(pad, LEFT, pos=QPoint(100, 150))
    assert ink(pad) > one > 0
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ink(pad) == one
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.is_empty
    assert ink(pad) == 0


def test_the_pen_goes_by_keys(pad: DrawingPad) -> None:
    QTest.keyClick(pad, Qt.Key.Key_Right)
    assert pad.is_empty  # the pen is still up
    QTest.keyClick(pad, Qt.Key.Key_Space)
    for key in (Qt.Key.Key_Down,) * 6 + (Qt.Key.Key_Left,) * 6:
        QTest.keyClick(pad, key)
    drawn = ink(pad)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    QTest.keyClick(pad, Qt.Key.Key_Up)
    assert drawn > 0.02 and ink(pad) == drawn


def test_a_finger_draws_too(pad: DrawingPad) -> None:
    finger: QPointingDevice = QTest.createTouchDevice()
    touch = QTest.touchEvent(pad, finger)
    touch.press(0, QPoint(50, 50), pad).commit()
    QTest.touchEvent(pad, finger).move(0, QPoint(150, 150), pad).commit()
    QTest.touchEvent(pad, finger).release(0, QPoint(150, 150), pad).commit()
    assert ink(pad) > 0.02


def test_a_picture_is_dropped_on_it(pad: DrawingPad, tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    assert image.save(str(file))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    where, buttons, keys = QPoint(50, 50), LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where, COPY, data, buttons, keys)
    QApplication.sendEvent(pad, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(pad, QDropEvent(QPointF(where), COPY, data, buttons, keys))
    assert pad.is_file
    picture = as_data(pad.image(), (3, 10, 12), digits=False)
    assert picture.shape == (3, 10, 12)
    assert picture[0] == pytest.approx(1) and picture[1:] == pytest.approx(0)


def blob(left: float, top: float, width: float, height: float, ground: str, colour: str) -> QImage:
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 16, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(left, top), QPointF(left + width, top + height))
    painter.drawLine(QPointF(left, top + height), QPointF(left + width, top + height))
    painter.end()
    return image


@given(st.floats(20, 60), st.floats(20, 60), st.floats(0, 110), st.floats(40, 110), st.sampled_from(["black", "white"]))
def test_a_digit_is_sized_and_centred_as_mnist_is(
    left: float, top: float, width: float, height: float, ground: str
) -> None:
    """Wherever and however large it is drawn, dark on light or light on dark."""
    colour = "white" if ground == "black" else "black"
    digit = as_data(blob(left, top, width, height, ground, colour), (1, 28, 28), digits=True)[0]
    rows, columns = np.flatnonzero((digit > 0.05).any(1)), np.flatnonzero((digit > 0.05).any(0))
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    assert 19 <= longest <= 20 and digit.max() > 0.5
    down, across = np.mgrid[:28, :28]
    assert abs(float((down * digit).sum() / digit.sum()) - 14) <= 0.6 or rows[0] == 0 or rows[-1] == 27
    assert abs(float((across * digit).sum() / digit.sum()) - 14) <= 0.6 or columns[0] == 0 or columns[-1] == 27


def test_a_real_digit_drawn_large_comes_back_nearly_the_same() -> None:
    """A picture of MNIST blown up to the size of the pad is found again."""
    with np.load(resources.path("data", "mnist.npz")) as file:
        pixels = file["x_test"][:20]
    alike = []
    for digit in pixels:
        image = QImage(digit.tobytes(), 28, 28, 28, QImage.Format.Format_Grayscale8)
        large = image.scaled(256, 256, mode=Qt.TransformationMode.SmoothTransformation)
        found = as_data(large, (1, 28, 28), digits=True)[0]
        alike.append(np.corrcoef(found.ravel(), digit.ravel())[0, 1])
    assert min(alike) > 0.7 and np.mean(alike) > 0.93


def test_small_digits_are_filled_whole_and_an_empty_pad_is_black() -> None:
    digit = as_data(blob(60, 40, 50, 110, "black", "white"), (1, 8, 8), digits=True)[0]
    assert (digit > 0.05).any(1).all()
    empty = QImage(50, 50, QImage.Format.Format_RGB32)
    empty.fill(QColor("black"))
    assert not as_data(empty, (1, 28, 28), digits=True).any()


def test_what_is_clear_becomes_black() -> None:
    image = QImage(16, 16, QImage.Format.Format_ARGB32)
    image.fill(QColor(255, 255, 255, 0))
    assert not as_data(image, (3, 8, 8), digits=False).any()


def test_a_large_file_is_read_smaller(tmp_path: Path) -> None:
    image = QImage(3000, 1500, QImage.Format.Format_RGB32)
    image.fill(QColor("blue"))
    assert image.save(str(tmp_path / "large.jpg"))
    assert read_picture(tmp_path / "large.jpg").width() == 1024

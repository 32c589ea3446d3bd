"""What somebody draws or opens becomes a picture like those of the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

from engine.events import Floats

LONGEST_SIDE = 1024
"""Larger picture files are read at this size."""
BOX = 20 / 28
"""MNIST's digits fill a box of 20 × 20 in a picture of 28 × 28; smaller pictures are filled whole."""
SMALL = 20
FAINT = 64
"""Levels up to this, of 255, are no ink."""


class NoPicture(Exception):
    """A file that cannot be shown; the text says which and why."""


def read_picture(path: Path) -> QImage:
    """A picture file, turned as its camera was held. Raises NoPicture."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LONGEST_SIDE:
        reader.setScaledSize(size.scaled(LONGEST_SIDE, LONGEST_SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise NoPicture(f"{path.name} cannot be read as a picture: {reader.errorString().rstrip('.').lower()}.")
    return image


def as_data(image: QImage, shape: tuple[int, ...], digits: bool) -> Floats:
    """(channels, height, width) in 0-1 of this shape; a digit is sized and centred as MNIST's are."""
    channels, height, width = shape
    if digits and channels == 1:
        return _digit(_grey(image), height, width)[None]
    small = image.scaled(
        width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    if channels == 3:
        return np.ascontiguousarray(_colours(small).transpose(2, 0, 1))
    return np.repeat(_grey(small)[None], channels, axis=0)


def _digit(ink: Floats, height: int, width: int) -> Floats:
    """Light ink on dark, its longest side as long as a box, its centre of mass in the middle."""
    if ink.mean() > 0.5:
        ink = 1 - ink  # dark ink on paper
    found: Floats = np.zeros((height, width), np.float32)
    rows, columns = np.flatnonzero((ink > FAINT / 255).any(1)), np.flatnonzero((ink > FAINT / 255).any(0))
    if not rows.size:
        return found
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = min(height, width) * (BOX if min(height, width) > SMALL else 1.0)
    scale = box / max(cut.shape)
    digit = _resized(cut, max(1, round(cut.shape[0] * scale)), max(1, round(cut.shape[1] * scale)))
    down, across = (_start(digit.sum(axis), room) for axis, room in ((1, height), (0, width)))
    found[down : down + digit.shape[0], across : across + digit.shape[1]] = digit
    return found


def _start(mass: Floats, room: int) -> int:
    """Where a row of masses begins so that its centre lies where MNIST has it (14 of 28), and all of it inside."""
    centre = float((np.arange(len(mass)) * mass).sum() / max(float(mass.sum()), 1e-9))
    return int(np.clip(round(room / 2 - centre), 0, room - len(mass)))


def _resized(values: Floats, height: int, width: int) -> Floats:
    levels = np.ascontiguousarray(np.rint(values * 255).astype(np.uint8))
    image = QImage(levels.data, levels.shape[1], levels.shape[0], levels.shape[1], QImage.Format.Format_Grayscale8)
    size = QSize(width, height)
    return _grey(image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation))


def _grey(image: QImage) -> Floats:
    """(height, width) in 0-1."""
    plain = _on_black(image).convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    grey: Floats = rows[:, : plain.width()].astype(np.float32) / np.float32(255)
    return grey


def _colours(image: QImage) -> Floats:
    """(height, width, 3) in 0-1."""
    plain = _on_black(image).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    colours: Floats = rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).astype(np.float32)
    return colours / np.float32(255)


def _on_black(image: QImage) -> QImage:
    """What is clear becomes black, as it would be on the pad."""
    if not image.hasAlphaChannel():
        return image
    ground = QImage(image.size(), QImage.Format.Format_RGB32)
    ground.fill(Qt.GlobalColor.black)
    painter = QPainter(ground)
    painter.drawImage(QRect(0, 0, image.width(), image.height()), image)
    painter.end()
    return ground

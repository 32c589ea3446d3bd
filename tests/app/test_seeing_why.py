"""In the real window: from a mistake to the convolution that made it, and a drawn digit on every card."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.looks.explanations import CAM, GRAD_CAM, Explanation
from engine.looks.predictions import Answer
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.app.driving import Driver
from widgets.views.predictions import DRAW, MISTAKES, PredictionsView


def newest(driver: Driver, kind: type) -> object:
    return next((event for event in reversed(driver.told) if isinstance(event, kind)), None)


def test_from_a_mistake_to_its_convolution_and_from_the_pad_to_the_cards(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("cnn")
    window.document.edit("Recipe", Recipe(data=Digits(examples=300), epochs=1, batch_size=32, threads=1))
    window.document.edit("Shape", driver.graph.configure("digits", shape=(1, 8, 8)))
    window.panels.bring("predictions")
    view = window.views["predictions"]
    assert isinstance(view, PredictionsView)
    driver.until_ready()
    driver.command("train")
    driver.until(lambda: window.session.state == "finished")
    window.panels.bring("predictions")
    driver.until(lambda: view.gallery.model().rowCount() > 0)

    view.modes[MISTAKES].click()
    view.detail.methods.setCurrentIndex(view.detail.methods.findData(GRAD_CAM))
    first = view.gallery.model().index(0, 0)
    QTest.mouseClick(view.gallery.viewport(), Qt.MouseButton.LeftButton, pos=view.gallery.visualRect(first).center())
    driver.until(lambda: view.detail.seen is not None and view.detail.seen.values is not None)
    driver.until(lambda: window.canvas.selection() == ("conv2",))
    window.canvas.select(["conv1"])
    driver.until(lambda: (seen := newest(driver, Explanation)) is not None and vars(seen)["layer"] == "conv1")
    view.detail.methods.setCurrentIndex(view.detail.methods.findData(CAM))
    driver.until(lambda: "CAM needs" in view.detail.said)

    view.modes[DRAW].click()
    pad = view.drawing.pad
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.area().center().toPoint() - QPoint(0, 30))
    QTest.mouseMove(pad, pad.area().center().toPoint() + QPoint(0, 30))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=pad.area().center().toPoint() + QPoint(0, 30))
    driver.until(lambda: newest(driver, Answer) is not None)
    cards = window.canvas.drawing.cards
    driver.until(lambda: (live := cards["answer"].live) is not None and "your picture" in live.lines)
    view.drawing.pad.clear()
    driver.until(lambda: (live := cards["answer"].live) is not None and "your picture" not in live.lines)

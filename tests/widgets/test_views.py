"""Every view of a run: empty it says what would fill it, full it can be saved, and hidden it asks for nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views import VIEWS
from engine.insight.data_looks import answer_about_data
from engine.looks.base import Look
from engine.looks.data import DataLook
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.widgets.simulated_run import EPOCHS, STEPS, run
from widgets import theme
from widgets.views.base import Subject, View

SUBJECT = Subject(recipe=Recipe(data=Digits(), epochs=EPOCHS))


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield
    theme.themes().show(theme.load_theme("light"))


@pytest.fixture(params=VIEWS, ids=lambda kind: kind.key)
def view(request: pytest.FixtureRequest, qtbot: QtBot) -> View:
    made: View = request.param()
    qtbot.addWidget(made)
    made.resize(560, 300)
    made.show()
    return made


def answer_at_once(view: View, look: Look) -> None:
    """Questions about data are answered without a run."""
    if isinstance(look, DataLook):
        view.feed([answer_about_data(look)])


def fill(view: View) -> None:
    view.select(("conv2",))
    answer = partial(answer_at_once, view)
    view.asked.connect(answer)
    view.begin(SUBJECT)
    for told in run(until=STEPS + 1):
        view.feed(told)
    view.asked.disconnect(answer)


def test_an_empty_view_says_what_would_fill_it(view: View) -> None:
    assert view.note == view.nothing_yet
    assert view.nothing_yet.endswith(".") and view.title and view.icon
    assert not list(view.table())


def test_a_run_fills_it_and_it_can_be_forgotten(view: View) -> None:
    fill(view)
    assert view.note == ""
    view.clear()
    assert view.note == view.nothing_yet
    assert not list(view.table())
    for told in run(until=2):  # the last words of a run that is no longer shown
        view.feed(told)


def test_it_is_saved_as_picture_drawing_and_table(view: View) -> None:
    fill(view)
    QApplication.processEvents()
    picture = QImage.fromData(view.as_bytes("png"))
    assert (picture.width(), picture.height()) == (2 * view.body.width(), 2 * view.body.height())
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)}
    assert len(colours) > 3
    assert ElementTree.fromstring(view.as_bytes("svg")).tag.endswith("svg")
    rows = list(csv.reader(io.StringIO(view.as_bytes("csv").decode())))
    assert len(rows) > 1 and len({len(row) for row in rows}) == 1
    with pytest.raises(ValueError, match="not gif"):
        view.as_bytes("gif")


def test_who_is_hidden_says_so(view: View, qtbot: QtBot) -> None:
    fill(view)
    with qtbot.waitSignal(view.looks_changed):
        view.hide()

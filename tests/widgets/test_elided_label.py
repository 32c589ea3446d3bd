"""Labels that are cut where there is no room."""

from pytestqt.qtbot import QtBot

from widgets.elided_label import ElidedLabel

LONG = "output1 needs 10 numbers for each example for CrossEntropyLoss on MNIST. It gets 1×28×64 from linear1."


def test_a_long_text_needs_no_more_room_than_a_few_letters(qtbot: QtBot) -> None:
    label = ElidedLabel(LONG)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 40 < label.sizeHint().width()
    label.resize(200, 20)
    label.grab()
    assert label.shown_text().endswith("…") and label.text() == LONG
    assert label.toolTip() == LONG
    label.resize(label.sizeHint())
    label.grab()
    assert label.shown_text() == LONG and not label.toolTip()

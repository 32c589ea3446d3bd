"""What every test shares: no screen, one torch thread, the same examples each time in CI, no windows left over."""

import gc
import os
import sys
from collections.abc import Iterator

# Before anything imports torch or Qt: both read these once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_finish() -> None:
    """What is imported stays: going through PyTorch for garbage takes longer than many tests of widgets."""
    gc.collect()
    gc.freeze()


def top_level_widgets() -> int:
    """How many windows, menus and lone widgets there are; 0 for tests that never load Qt."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    return len(widgets.QApplication.topLevelWidgets()) if widgets else 0


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """Really delete the widgets a test was done with: each one that stays makes every later change of theme slower.

    Qt deletes them in the event loop of the program, and a test has none; Python keeps those that know each other
    until it collects garbage.
    """
    before = top_level_widgets()
    yield
    if top_level_widgets() > before:
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if top_level_widgets() > before:
            gc.collect()


@pytest.fixture(autouse=True)
def numbers_as_usual() -> Iterator[None]:
    """A run in this very process lets the processor drop the tiniest numbers; the next test wants them back."""
    yield
    if torch := sys.modules.get("torch"):
        torch.set_flush_denormal(False)

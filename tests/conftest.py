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


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """Really delete the widgets a test was done with: each one that stays makes every later change of theme slower.

    Qt deletes them in the event loop of the program, and a test has none.
    """
    yield
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if QApplication.instance() and QApplication.topLevelWidgets():
        gc.collect()

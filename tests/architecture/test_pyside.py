"""PySide6 6.12.0 takes one reference from None for every call that returns nothing, until Python dies."""

import sys

from PySide6.QtCore import QObject

CALLS = 100_000


def test_calls_that_return_nothing_leave_none_alone() -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        thing.setObjectName("conv1")
    assert sys.getrefcount(None) > before - CALLS // 10

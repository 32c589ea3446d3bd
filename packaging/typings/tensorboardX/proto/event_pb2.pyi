from collections.abc import Sequence
from typing import Self

class Value:
    tag: str

class Summary:
    value: Sequence[Value]

class Event:
    summary: Summary
    @classmethod
    def FromString(cls, data: bytes) -> Self: ...

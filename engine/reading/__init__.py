"""From the text of a network back to a drawing; the text is only read, never executed."""

from engine.reading.reader import read
from engine.reading.values import NotUnderstood, Trouble

__all__ = ["NotUnderstood", "Trouble", "read"]

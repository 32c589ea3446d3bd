"""The canvas on which a network is drawn."""

from widgets.canvas.canvas import Canvas
from widgets.canvas.dropping import BLOCK_MIME
from widgets.canvas.live import LiveStrip

__all__ = ["BLOCK_MIME", "Canvas", "LiveStrip"]

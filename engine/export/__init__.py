"""Ways to take the network along, by the word that the command line and the menu use."""

from collections.abc import Mapping

from engine.export.module import export_module
from engine.export.style import Style, from_drawing

STYLES: tuple[Style, ...] = (
    Style(
        "module",
        "PyTorch module",
        ".py",
        "One Python file with the network's class, one attribute a block; it needs nothing but PyTorch.",
        from_drawing(export_module),
    ),
)
"""Every style, in the order of the menu."""

EXPORTS: Mapping[str, Style] = {style.name: style for style in STYLES}
"""Every style by its name."""

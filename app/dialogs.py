"""Small pages about the program: keys, versions and licences, help on a block."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app.actions import COMMANDS, MENUS
from engine.blocks import Block
from engine.blocks.data import Input, Output
from engine.blocks.help import help_of
from engine.groups import Group
from engine.recipes.data_sets import DATA_SETS
from widgets.offers import Offer
from widgets.theme import themes

PACKAGES = ("PySide6-Essentials", "torch", "torchvision", "pyqtgraph", "networkx", "numpy", "safetensors")

NATIVE = QKeySequence.SequenceFormat.NativeText

MOUSE_AND_KEYS = (
    ("Double-click or Space on the canvas", "search for a block there"),
    ("Drag from port to port", "draw a wire"),
    ("Right button", "what can be done with a block, a wire or the ground"),
    ("Wheel, Shift+wheel, Ctrl+wheel", "scroll, scroll sideways, zoom"),
    ("Space+drag, middle drag", "move the view"),
    ("Arrow keys, Tab", "follow wires, go to the next block"),
    ("Alt+arrows, with Shift", "move the selection by 8, by 64"),
)


def show_keys(parent: QWidget) -> None:
    """Every key, in the order of the menus."""
    parts = []
    for menu in MENUS:
        rows = [
            (
                " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in c.shortcuts),
                c.text,
            )
            for c in COMMANDS
            if c.menu == menu and c.shortcuts
        ]
        parts.append(f"<h3>{menu}</h3>{_table(rows)}")
    parts.append(f"<h3>On the canvas</h3>{_table(list(MOUSE_AND_KEYS))}")
    _open(parent, "Keys", "".join(parts))


def show_about(parent: QWidget) -> None:
    """Versions of what runs, and the licences of what is bundled."""
    rows = [("Python", platform.python_version()), *((name, _version(name)) for name in PACKAGES)]
    bundled = [(data.title, escape(data.licence)) for kind in DATA_SETS.values() if (data := kind()).is_bundled]
    html = (
        f"<h2>Layerloom {_version('layerloom')}</h2><p>Draw a network. Watch it learn. Works without internet.</p>"
        f"<p>MIT licence.</p><h3>Running on</h3>{_table(rows)}"
        "<h3>Fonts and icons</h3><p>Inter and JetBrains Mono (OFL-1.1), Tabler Icons (MIT).</p>"
        f"<h3>Data</h3>{_table(bundled)}<p>All other data sets are computed by the program. "
        "Where the files come from: <code>resources/data/SOURCES.md</code>.</p>"
    )
    _open(parent, "About Layerloom", html)


def show_help(parent: QWidget, block: Block) -> None:
    """What a block does, and what each of its settings means, read from its declaration."""
    page = help_of(type(block))
    rows = [(row.name, f"{row.help} {row.expects.capitalize()}.") for row in block.params()]
    html = f"<h2>{block.kind()}</h2>" + "".join(f"<p>{escape(text)}</p>" for text in (page.summary, page.more) if text)
    examples = "".join(f"<br><code>{escape(example)}</code>" for example in page.examples).removeprefix("<br>")
    torch_name = f"torch.{block.torch_name.removeprefix('torch.')}" if block.torch_name else ""
    sections = {
        "Formula": escape(page.formula),
        "In": escape(page.takes),
        "Out": escape(page.gives),
        "When to use it": escape(page.use),
        "Example" if len(page.examples) == 1 else "Examples": examples,
        "PyTorch": f"<code>{escape(torch_name)}</code>" if torch_name else "",
        "Labs": ", ".join(map(str, page.labs)),
    }
    for title, text in sections.items():
        html += f"<p><b>{title}</b><br>{text}</p>" if text else ""
    _open(parent, block.title, html + (f"<h3>Settings</h3>{_table(rows)}" if rows else ""))


def show_offer(parent: QWidget, offer: Offer) -> None:
    """Help on what the palette offers: on a block its page, on a group what it is good for and what is in it."""
    block = offer.make(None)
    if not isinstance(block, Group):
        show_help(parent, block)
        return
    inner = [node for node in block.graph.nodes.values() if not isinstance(node.block, Input | Output)]
    rows = [(escape(node.name), escape(f"{node.block.kind()} {node.block.key_settings()}")) for node in inner]
    html = f"<h2>{escape(offer.title)}</h2><p>{escape(offer.summary)}</p><h3>Inside</h3>{_table(rows)}"
    _open(parent, offer.title, f"{html}<p>Put it into the drawing and double-click it to change what is inside.</p>")


def close_button(dialog: QDialog) -> QDialogButtonBox:
    """The row with the one button that a page needs, without the icon of the desktop's own theme."""
    buttons = QDialogButtonBox()
    buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
    buttons.rejected.connect(dialog.reject)
    return buttons


def _open(parent: QWidget, title: str, html: str) -> None:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    page = QTextBrowser()
    page.setOpenLinks(False)
    page.setFont(themes().current.font("body"))
    page.setHtml(html)
    buttons = close_button(dialog)
    column = QVBoxLayout(dialog)
    column.addWidget(page)
    column.addWidget(buttons)
    dialog.resize(620, 560)
    dialog.open()


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td width='200'><code>{left}</code></td><td>{right}</td></tr>" for left, right in rows)
    return f"<table cellpadding='3'>{cells}</table>"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from source" if package == "layerloom" else "not installed"

"""The one table of commands: menus, keys, the header's buttons and the page of keys all read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from engine.export import GROUPS, TRAINING

MENUS = ("File", "Edit", "View", "Network", "Train", "Help")


@dataclass(frozen=True)
class Command:
    """One thing that a person can ask for.

    `run` names what does it: a method of the window, or of one of its parts (`files.save`).
    `when` names a state in which it is possible (see `app/possible.py`).
    """

    key: str
    text: str
    menu: str
    run: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    when: str = ""
    group: int = 0
    """Commands of different groups are divided by a line in the menu."""
    submenu: str = ""
    """The menu inside the menu that the command stands in, if it does."""


def _exports() -> tuple[Command, ...]:
    """One command for each style of export, with lines between their groups."""
    return tuple(
        Command(
            f"export_{style.name}",
            f"{style.title}…",
            "File",
            f"files.exports.{style.name}",
            when="drawing" if style.unfinished else "sound" if style in TRAINING else "whole",
            group=number,
            submenu="Export",
        )
        for number, group in enumerate(GROUPS)
        for style in group
    )


COMMANDS: tuple[Command, ...] = (
    Command("new", "New network", "File", "files.new_network", ("Ctrl+N",), "file-plus"),
    Command("open", "Open…", "File", "files.open_file", ("Ctrl+O",), "folder-open"),
    Command("import", "Import PyTorch module…", "File", "importing.ask", (), "download"),
    Command("start", "Start page", "File", "show_start", ("Ctrl+W",), "blocks"),
    Command("save", "Save", "File", "files.save", ("Ctrl+S",), "device-floppy", "drawing", 1),
    Command("save_as", "Save as…", "File", "files.save_as", ("Ctrl+Shift+S",), "", "drawing", 1),
    Command("export", "Export PyTorch code…", "File", "files.exports.module", ("Ctrl+E",), "file-export", "whole", 2),
    *_exports(),
    Command("save_weights", "Save weights…", "File", "files.save_weights", (), "download", "weights", 2),
    Command("quit", "Quit", "File", "close", ("Ctrl+Q",), "", "", 3),
    Command("undo", "Undo", "Edit", "editing.undo", ("Ctrl+Z",), "arrow-back-up", "undo"),
    Command("redo", "Redo", "Edit", "editing.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "arrow-forward-up", "redo"),
    Command("cut", "Cut", "Edit", "editing.cut", ("Ctrl+X",), "cut", "selection", 1),
    Command("copy", "Copy", "Edit", "editing.copy", ("Ctrl+C",), "copy", "selection", 1),
    Command("paste", "Paste", "Edit", "editing.paste", ("Ctrl+V",), "clipboard", "drawing", 1),
    Command("duplicate", "Duplicate", "Edit", "editing.duplicate", ("Ctrl+D",), "", "selection", 1),
    Command("delete", "Delete", "Edit", "editing.delete", ("Del",), "trash", "chosen", 1),
    Command("select_all", "Select all", "Edit", "editing.select_all", ("Ctrl+A",), "", "drawing", 2),
    Command("rename", "Rename", "Edit", "editing.rename", ("F2",), "pencil", "one", 2),
    Command("preferences", "Settings…", "Edit", "show_preferences", ("Ctrl+,",), "settings", "", 4),
    Command("zoom_in", "Zoom in", "View", "canvas.zoom_in", ("Ctrl++", "Ctrl+="), "plus", "drawing"),
    Command("zoom_out", "Zoom out", "View", "canvas.zoom_out", ("Ctrl+-",), "minus", "drawing"),
    Command("zoom_reset", "Zoom to 100 %", "View", "canvas.zoom_reset", ("Ctrl+0",), "", "drawing"),
    Command("fit", "Fit all", "View", "canvas.fit", ("Shift+1",), "maximize", "drawing"),
    Command("fit_selection", "Fit selection", "View", "canvas.fit_selection", ("Shift+2",), "", "selection"),
    Command("by_family", "Colour by family", "View", "canvas.overlays.legend.by_family", (), "", "drawing", 1),
    Command(
        "by_parameters", "Colour by parameters", "View", "canvas.overlays.legend.by_parameters", (), "", "drawing", 1
    ),
    Command("by_macs", "Colour by multiply-adds", "View", "canvas.overlays.legend.by_macs", (), "", "drawing", 1),
    Command("by_memory", "Colour by memory in use", "View", "canvas.overlays.legend.by_memory", (), "", "drawing", 1),
    Command("by_kept", "Colour by memory in training", "View", "canvas.overlays.legend.by_kept", (), "", "drawing", 1),
    Command("by_field", "Colour by receptive field", "View", "canvas.overlays.legend.by_field", (), "", "drawing", 1),
    Command("theme", "Dark or light", "View", "appearance.switch", ("Ctrl+Shift+D",), "moon", "", 2),
    Command("canvas_only", "Canvas only", "View", "canvas_only", ("Ctrl+\\",), "arrows-maximize", "drawing", 2),
    Command("full_screen", "Full screen", "View", "full_screen", ("F11",), "", "", 2),
    Command("reset_layout", "Reset layout", "View", "reset_layout", (), "", "", 2),
    Command(
        "insert", "Insert by search…", "Network", "editing.insert_by_search", ("Shift+A", "Ctrl+K"), "search", "drawing"
    ),
    Command("search_blocks", "Search in Blocks", "Network", "search_blocks", ("/",), "", "drawing"),
    Command("tidy", "Tidy", "Network", "tidying.tidy", ("Ctrl+Shift+L",), "hierarchy-3", "drawing", 1),
    Command(
        "take_out", "Take out, close the wires", "Network", "editing.take_out", ("Ctrl+Shift+Backspace",), "", "one", 1
    ),
    Command("group", "Group", "Network", "structure.group", ("Ctrl+G",), "box-multiple", "selection", 2),
    Command("ungroup", "Ungroup", "Network", "structure.ungroup", ("Ctrl+Shift+G",), "", "group", 2),
    Command("enter_group", "Into the group", "Network", "structure.enter", ("Ctrl+Down",), "", "group", 2),
    Command("leave_group", "Out of the group", "Network", "structure.leave", ("Ctrl+Up",), "", "inside", 2),
    Command("save_group", "Save to palette", "Network", "structure.save", (), "palette", "group", 2),
    Command("freeze", "Freeze weights", "Network", "structure.freeze", ("Ctrl+Shift+F",), "snowflake", "weighty", 3),
    Command("share_weights", "Share weights with…", "Network", "structure.share", (), "link", "shareable", 3),
    Command("own_weights", "Own weights", "Network", "structure.unshare", (), "", "shared", 3),
    Command("next_problem", "Next problem", "Network", "editing.next_problem", ("F8",), "", "problems", 4),
    Command(
        "previous_problem", "Previous problem", "Network", "editing.previous_problem", ("Shift+F8",), "", "problems", 4
    ),
    Command("repairs", "Repairs of the block", "Network", "editing.open_repairs", ("Alt+Return",), "wand", "faulty", 4),
    Command("train", "Train, pause, continue", "Train", "session.train_or_pause", ("F5",), "player-play", "drawing"),
    Command("stop", "Stop", "Train", "session.stop", ("Shift+F5",), "player-stop", "running"),
    Command("step", "One batch", "Train", "session.step", ("F7",), "player-track-next", "sound", 1),
    Command("epoch", "One epoch", "Train", "session.epoch", ("Shift+F7",), "player-skip-forward", "sound", 1),
    Command("recipe", "Recipe…", "Train", "open_recipe", (), "adjustments-horizontal", "drawing", 2),
    Command("keys", "Keys", "Help", "show_keys", ("?",), "keyboard"),
    Command("help_block", "Help on the selection", "Help", "editing.help_on_selection", ("F1",), "help-circle"),
    Command("about", "About Layerloom", "Help", "show_about", (), "info-circle", "", 1),
)


BY = "by_"
"""How the keys of the commands begin that colour the canvas by a measure."""


def mark_colours(actions: Mapping[str, QAction], measure: str) -> None:
    """Tick the command by whose measure the canvas is coloured; no measure means by family."""
    for key, action in actions.items():
        if key.startswith(BY):
            action.setCheckable(True)
            action.setChecked(key == f"{BY}{measure or 'family'}")


def build_actions(owner: QWidget, run: Callable[[str], None]) -> dict[str, QAction]:
    """One QAction for each command, all of them living in the window so that their keys work everywhere."""
    actions = {}
    for command in COMMANDS:
        action = QAction(command.text, owner)
        action.setObjectName(command.key)
        action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(partial(_trigger, run, command.run))
        owner.addAction(action)
        actions[command.key] = action
    return actions


def _trigger(run: Callable[[str], None], method: str, _checked: bool = False) -> None:
    run(method)


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Menus in the order of the table, with a line between groups."""
    menus = {name: bar.addMenu(name) for name in MENUS}
    places = {(name, ""): menu for name, menu in menus.items()}
    last: dict[QMenu, int] = {}
    for command in COMMANDS:
        place = command.menu, command.submenu
        if place not in places:
            places[place] = menus[command.menu].addMenu(command.submenu)
        menu = places[place]
        if last.setdefault(menu, command.group) != command.group:
            menu.addSeparator()
            last[menu] = command.group
        menu.addAction(actions[command.key])
    return menus


def allow_letters(actions: Mapping[str, QAction], allowed: bool) -> None:
    """Let keys that are one character alone, such as /, act or not."""
    for command in COMMANDS:
        keys = [QKeySequence(key) for key in command.shortcuts if allowed or len(key) > 1]
        if actions[command.key].shortcuts() != keys:
            actions[command.key].setShortcuts(keys)


def enable(actions: Mapping[str, QAction], states: Mapping[str, bool]) -> None:
    """Let exactly those commands be chosen that are possible now."""
    for command in COMMANDS:
        actions[command.key].setEnabled(states.get(command.when, True))

"""Which part of the window hears which: every connection between parts that do not know each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.dialogs import show_help, show_offer
from widgets.views.data import DataView

if TYPE_CHECKING:
    from app.window import Window


def connect(window: Window) -> None:
    """Connect all parts, once."""
    _connect_drawing(window)
    _connect_structure(window)
    _connect_training(window)
    _connect_data(window)
    _connect_files(window)


def _connect_drawing(window: Window) -> None:
    window.showing.changed.connect(window.show_states)
    window.document.history.canUndoChanged.connect(window.show_states)
    window.document.history.canRedoChanged.connect(window.show_states)
    window.document.history.indexChanged.connect(window.show_states)
    window.canvas.layout_requested.connect(window.tidying.tidy)
    window.canvas.menu_requested.connect(window.open_menu)
    window.showing.settings_wanted.connect(lambda: window.bring("block"))
    window.canvas.hint.connect(window.status.hint)
    window.canvas.templates_requested.connect(window.show_start)
    window.palette_view.zoom = window.canvas.zoom
    window.palette_view.chosen.connect(window.editing.insert_kind)
    window.inspector.configured.connect(window.editing.configure)
    window.inspector.configured_many.connect(window.editing.configure_many)
    window.inspector.finished.connect(window.document.end_merge)
    window.inspector.renamed.connect(window.editing.set_name)
    for source in (window.inspector, window.problems):
        source.fix_chosen.connect(window.editing.apply_fix)
    window.problems.counts_changed.connect(window.count_problems)
    window.editing.rename_requested.connect(window.inspector.start_rename)
    window.editing.help_requested.connect(lambda name: show_help(window, window.level.graph.nodes[name].block))


def _connect_training(window: Window) -> None:
    window.training_bar.recipe_changed.connect(window.own_data.take_recipe)
    window.training_bar.recipe_finished.connect(window.document.end_merge)
    window.session.device_told.connect(window.status.show_device)
    window.runs.waiting_changed.connect(window.training_bar.offer)
    window.training_bar.offer_taken.connect(window.runs.go_on)
    window.training_bar.problems_requested.connect(window.go_to_problems)
    for part in (
        window.files,
        window.editing,
        window.session,
        window.level,
        window.structure,
        window.own_blocks,
        window.code_editing,
        window.view_saving,
        window.own_data,
    ):
        part.said.connect(window.status.notice)
    window.session.state_changed.connect(window.show_states)
    window.session.train_shown.connect(window.show_training)


def _connect_files(window: Window) -> None:
    window.document.file_changed.connect(window.show_file)
    window.start.back_requested.connect(window.return_to_drawing)
    window.start.new_requested.connect(window.files.new_network)
    window.start.open_requested.connect(window.files.open_file)
    window.start.template_chosen.connect(window.files.open_template)
    window.start.recent_chosen.connect(lambda path: window.files.open_recent(Path(path)))
    window.files.opened.connect(window.show_drawing)
    window.appearance.changed.connect(window.follow_preferences)


def _connect_data(window: Window) -> None:
    view = window.views[DataView.key]
    assert isinstance(view, DataView)
    view.own_requested.connect(window.own_data.open)
    view.fit_requested.connect(window.own_data.fit)
    window.own_data.told.connect(view.told)


def _connect_structure(window: Window) -> None:
    window.inspector.frozen_changed.connect(window.structure.set_frozen)
    window.inspector.initial_changed.connect(window.structure.set_initial)
    window.inspector.share_requested.connect(window.structure.share)
    window.inspector.own_requested.connect(window.structure.unshare)
    window.structure.save_requested.connect(window.own_blocks.save)
    window.palette_view.help_wanted.connect(lambda key: show_offer(window, window.palette_view.offers[key]))
    window.palette_view.renamed.connect(window.own_blocks.rename)
    window.palette_view.deleted.connect(window.own_blocks.delete)
    window.own_blocks.changed.connect(window.show_offers)
    window.own_blocks.shown.connect(window.palette_view.show_own)
    QTimer.singleShot(0, window.own_blocks, window.own_blocks.load)

"""What the start page lists: drawings of before, and templates."""

from __future__ import annotations

from app.preferences import folder_in_words, recent_files
from engine.check import check
from engine.graph import Graph
from engine.project import ProjectError, open_project
from engine.templates import TEMPLATES


def recent_rows() -> list[tuple[str, str, str, Graph | None]]:
    """Path, name, folder and drawing of each recent file; no drawing for a file that cannot be read."""
    rows: list[tuple[str, str, str, Graph | None]] = []
    for path in recent_files():
        try:
            graph: Graph | None = open_project(path).graph
        except ProjectError:
            graph = None
        rows.append((str(path), path.stem, folder_in_words(path), graph))
    return rows


def template_cards() -> list[tuple[str, str, str, Graph, str]]:
    """Key, title, sentence, drawing and size of each template."""
    cards = []
    for template in TEMPLATES.values():
        graph = template.project().graph
        cards.append(
            (template.name, template.title, template.summary, graph, f"{check(graph).parameters:,} parameters")
        )
    return cards

"""An imported model as one group that begins with weights of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.groups import Group, is_class_name
from engine.importing.outcome import ImportFailed
from engine.layout import arrange
from engine.nesting import NotPossible, grouped
from engine.pretrained import SUFFIXES, file_of
from engine.program import is_name
from engine.project import Project


def beginning_with(project: Project, weights: Path) -> Project:
    """The whole model as one group that begins with weights from a file. Raises ImportFailed."""
    file = str(weights.resolve())
    if file_of(file) is None:
        raise ImportFailed(f"There is no file {weights} with weights ({', '.join(SUFFIXES)}).")
    wish = project.title[:1].upper() + project.title[1:]
    try:
        graph, name = grouped(project.graph, project.graph.nodes, wish if is_class_name(wish) else "Backbone")
    except NotPossible as error:
        raise ImportFailed(str(error)) from error
    node = graph.nodes[name]
    assert isinstance(node.block, Group)
    graph = graph.put(replace(node, block=replace(node.block, pretrained=file)))
    if is_name(project.title) and project.title not in graph.nodes:
        graph = graph.rename(name, project.title)
    return replace(project, graph=graph.move(arrange(graph)))

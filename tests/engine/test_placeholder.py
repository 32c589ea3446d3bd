"""Blocks that stand for something unknown: why they are there is said, in the drawing and when it is exported."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from engine.blocks.data import Input, Output
from engine.blocks.placeholder import LONGEST, WHY, Placeholder
from engine.check import check
from engine.export import EXPORTS
from engine.export.style import Wishes
from engine.graph import Graph
from engine.importing.modelling import import_module
from engine.lower import NotReady
from engine.project import Project, dumps, loads
from engine.sketching import row


class Spectrum(nn.Module):
    """A step without a block, and a module that nothing calls and no block can be."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)
        self.pairs = nn.Bilinear(2, 3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = torch.fft.rfft(self.conv(x)).abs()
        return found


def imported() -> Project:
    return Project(import_module(Spectrum(), [(2, 8)]).graph)


def newer(**settings: object) -> Project:
    block = Placeholder(known_as="Mamba", kept=json.dumps(settings), ports_in="input", ports_out="output")
    return Project(row(Graph(), "", x=Input(shape=(4,)), mamba=block, y=Output()))


def told(project: Project) -> list[str]:
    return [problem.text for problem in check(project.graph).errors]


def test_a_step_that_could_not_be_imported_says_why_and_what_to_do_also_from_its_file() -> None:
    project = imported()
    module, step = told(project)
    advice = "Put blocks in its place that compute the same, or delete it."
    assert step.startswith("fft_rfft1 stands for fft_rfft, which the import could not draw, because there is no block")
    assert "It gets 2×6 from conv." in step and advice in step
    assert module.startswith("pairs stands for nn.Bilinear, which the import could not draw, because what a Bilinear")
    assert advice in module
    assert told(loads(dumps(project))) == [module, step]


def test_a_block_from_a_newer_program_still_asks_for_that_program() -> None:
    for project in (newer(), newer(what=1, size=3), newer(**{WHY: "it says so"})):
        assert told(project)[0].startswith("mamba is a Mamba from a newer program. It needs that program")


def test_an_import_of_an_older_file_says_no_reason() -> None:
    assert told(newer(what="Mamba()", weights={}))[0].startswith(
        "mamba stands for Mamba, which the import could not draw. Put blocks"
    )


@pytest.mark.parametrize("reason", ["a\nb\u202e\x00c.", "x" * 5000, None, {"a": [1]}, 7])
def test_a_stranger_s_reason_is_one_short_line(reason: object) -> None:
    (text,) = told(newer(what="", weights={}, **{WHY: reason}))
    assert text.isprintable() and len(text) < LONGEST + 200
    assert (", because " in text) == isinstance(reason, str)


@pytest.mark.parametrize("make", [imported, lambda: newer(size=3)], ids=["imported", "newer"])
@pytest.mark.parametrize("name", [style.name for style in EXPORTS.values() if style.write and not style.unfinished])
def test_no_export_leaves_a_placeholder_out_without_a_word(name: str, make: object) -> None:
    assert callable(make)
    project = make()
    write = EXPORTS[name].write
    assert write is not None
    with pytest.raises(NotReady) as caught:
        write(project, Wishes())
    assert told(project)[0] in str(caught.value)

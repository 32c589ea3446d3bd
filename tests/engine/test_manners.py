"""The same network in every manner: the same weights under the same names, the same numbers out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from engine.blocks.base import Ids
from engine.check import check
from engine.graph import Graph
from engine.lower import lower, write
from engine.model import build
from engine.templates import TEMPLATES, new
from engine.writing.manner import FUNCTIONAL, MODULE, MODULE_LIST, SEQUENTIAL, Manner, NotSequential
from engine.writing.source import Source
from tests.engine.nested import nested_graphs

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "25"))
BAD_VALUES = ("Class values must be smaller", "index out of range")
MANNERS = {"functional": FUNCTIONAL, "modulelist": MODULE_LIST, "sequential": SEQUENTIAL}


@given(nested_graphs())
@settings(max_examples=EXAMPLES)
def test_every_manner_computes_the_same_with_the_same_weights(graph: Graph) -> None:
    compare_manners(graph)


def compare_manners(graph: Graph) -> None:
    """Build a drawing in every manner, load the same weights, and compare the answers."""
    report = check(graph)
    program = lower(graph, report)
    batch = [_examples(report.shapes[name, "output"]) for name in program.inputs]
    module = build(write(program))
    assert sum(p.numel() for p in module.parameters()) == report.parameters
    with _quiet():
        try:
            wanted = _answers(module, batch)
        except (RuntimeError, IndexError) as error:
            if any(words in str(error) for words in BAD_VALUES):
                return  # a place that Argmax found may be too large for what looks it up: no shape can tell
            raise
        for manner in MANNERS.values():
            if (source := _written(graph, manner)) is not None:
                _agree(source, module, batch, wanted)


@given(nested_graphs())
@settings(max_examples=EXAMPLES)
def test_frozen_parameters_are_as_many_as_reported_and_keep_their_statistics(graph: Graph) -> None:
    report = check(graph)
    program = lower(graph, report)
    network = build(write(program))
    assert sum(p.numel() for p in network.parameters() if not p.requires_grad) == report.frozen
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with _quiet():
        network.train()(*[_examples(report.shapes[name, "output"]) for name in program.inputs])
    still = [m.name for m in program.modules if m.frozen]
    for name, buffer in network.named_buffers():
        if name.partition(".")[0] in still:
            assert torch.equal(before[name], buffer), name


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("manner", [MODULE, *MANNERS.values()], ids=["module", *MANNERS])
def test_a_file_needs_only_pytorch_and_is_tidy(name: str, manner: Manner, tmp_path: Path) -> None:
    source = _written(new(name).graph, manner)
    if source is None:
        pytest.skip("this drawing is no chain")
    file = tmp_path / "network.py"
    file.write_text(source.text)
    imports = re.findall(r"^(?:from|import) (\w+)", source.text, re.MULTILINE)
    assert set(imports) <= {"torch", "collections"}
    subprocess.run([sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(file)], check=True)
    subprocess.run([sys.executable, "-c", "import network; network.Network()"], check=True, cwd=tmp_path)


def _written(graph: Graph, manner: Manner) -> Source | None:
    try:
        return write(lower(graph, check(graph)), manner=manner)
    except NotSequential as error:
        assert str(error).endswith("Export it as a module.")
        return None


def _examples(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.zeros(3, *shape, dtype=torch.long) if isinstance(shape, Ids) else torch.randn(3, *shape)


def _answers(network: nn.Module, batch: list[torch.Tensor]) -> dict[bool, Any]:
    """What the network answers in evaluation and in training, with the same chance each time."""
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    found = {}
    for training in (False, True):
        network.load_state_dict(kept)
        torch.default_generator.manual_seed(0)  # torch.manual_seed remembers where it was called from, for ever
        answer = network.train(training)(*batch)
        found[training] = [part.detach() for part in (answer if isinstance(answer, tuple) else (answer,))]
    network.load_state_dict(kept)
    return found


def _agree(source: Source, module: nn.Module, batch: list[torch.Tensor], wanted: dict[bool, Any]) -> None:
    other = build(source)
    assert other.state_dict().keys() == module.state_dict().keys()
    assert [p.requires_grad for _, p in sorted(other.named_parameters())] == [
        p.requires_grad for _, p in sorted(module.named_parameters())
    ]
    other.load_state_dict(module.state_dict())
    got = _answers(other, batch)
    for training in (False, True):
        for one, two in zip(got[training], wanted[training], strict=True):
            torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-6, equal_nan=True)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

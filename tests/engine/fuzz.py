"""Many random drawings, networks, files and texts against what is promised of them: `make fuzz`.

Each check stops at the first broken promise and shows the smallest case that breaks it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.blocks.base import Block, Ids, Shape
from engine.blocks.tables import Buffer
from engine.graph import Graph
from engine.project import Project, ProjectError, dumps, loads
from tests.engine.nested import nested_graphs
from tests.engine.strategies import INNER, any_graphs, settings_of, shapes
from tests.engine.test_every_block import countable, needs_storage, ours, pytorch_says
from tests.engine.test_manners import compare_manners
from tests.engine.test_reading import compare_text
from tests.engine.test_reading_edits import check_text, damaged_texts

Step = tuple[Block, tuple[Shape, ...]]
LONGEST = 6


@st.composite
def harsh_drawings(draw: DrawFn) -> list[Step]:
    """Blocks with any settings, each fed from what the ones before it gave; the last one may be refused."""
    ends, steps = [draw(shapes())], list[Step]()
    for _ in range(draw(st.integers(1, LONGEST))):
        block = draw(settings_of(draw(st.sampled_from(INNER)), 40))
        feeds = tuple(draw(st.sampled_from(ends[-3:])) for _ in block.input_ports())
        steps.append((block, feeds))
        found = ours(block, feeds)
        if found is None or not countable((block, feeds)):
            break
        ends += found
    return steps


def check_drawing(steps: list[Step]) -> Counter[str]:
    """Compare every step with PyTorch, in both directions; what came of it, counted."""
    counts = Counter[str]()
    for block, feeds in steps:
        if countable((block, feeds)) and not _refused_on_purpose(block, feeds):
            mine, theirs = ours(block, feeds), pytorch_says(block, feeds, "cpu" if needs_storage(block) else "meta")
            assert mine == theirs, (block, feeds)
            counts["accepted" if mine else "refused"] += 1
    return counts


def _refused_on_purpose(block: Block, feeds: tuple[Shape, ...]) -> bool:
    """Ids where real numbers mean something, and 1.5 as a whole number: PyTorch takes both without a word."""
    if isinstance(block, Buffer):
        return ours(block, feeds) is None
    return block.ids == "refuses" and any(isinstance(shape, Ids) for shape in feeds)


WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [-1, 10**12, 1e400, True, None, "", "__import__('os').system('x')", "../../x", [], {}, [[[]]], "self", "\x00", 1.5]
)


@st.composite
def hostile_files(draw: DrawFn) -> str:
    """A good file with parts replaced, doubled or taken out, or with letters of its text changed."""
    graph = draw(nested_graphs(4) | any_graphs(4))
    data: Any = json.loads(dumps(Project(graph)))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, data)
    text = json.dumps(data)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(['"', "{", "]", ",", "1e999", "\\u0000", ""])) + text[place + 1 :]
    return text


def _spoil(draw: DrawFn, data: Any) -> None:
    """Change one place somewhere inside."""
    while True:
        keys = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(data[key], dict | list) and data[key] and draw(st.integers(0, 3)):
            data = data[key]
            continue
        how = draw(st.sampled_from(("replace", "remove", "double")))
        if how == "replace":
            data[key] = deepcopy(draw(WORDS))  # a later change of it must not change the word
        elif how == "remove":
            del data[key]
        elif isinstance(data, list):
            data.append(data[key])
        else:
            data[f"{key}_"] = data[key]
        return


def check_file(text: str) -> str:
    """A file is opened as a drawing that can be checked and saved, or refused with a sentence."""
    try:
        project = loads(text)
    except ProjectError as error:
        assert str(error).strip().endswith((".", "?")) and len(str(error)) < 600, str(error)
        return "refused"
    assert loads(dumps(project)) == project
    return "opened"


def fuzz_drawings(count: int) -> None:
    """Shapes of whole drawings against PyTorch."""
    totals = Counter[str]()

    @given(harsh_drawings())
    def one(steps: list[Step]) -> None:
        totals.update(check_drawing(steps))
        totals["drawings"] += 1

    _many(one, count)
    print(f"  {totals['drawings']:,} drawings, {totals['accepted']:,} blocks taken, {totals['refused']:,} refused")


def fuzz_files(count: int) -> None:
    """Damaged and hostile files."""
    totals = Counter[str]()

    @given(hostile_files())
    def one(text: str) -> None:
        totals[check_file(text)] += 1

    _many(one, count)
    print(f"  {totals['refused']:,} refused with a sentence, {totals['opened']:,} opened")


def fuzz_networks(count: int) -> None:
    """Networks with groups, copies and shared weights in every manner of code, and back from their text."""

    @given(nested_graphs())
    def one(graph: Graph) -> None:
        compare_manners(graph)
        compare_text(graph)

    _many(one, count)
    print(f"  {count:,} networks")


def fuzz_texts(count: int) -> None:
    """Damaged texts in the code view."""
    totals = Counter[str]()

    @given(damaged_texts())
    def one(damaged: tuple[Shape, str]) -> None:
        totals[check_text(*damaged)] += 1

    _many(one, count)
    print(f"  {totals['refused']:,} refused with the lines in the way, {totals['read']:,} read")


def _many(test: Callable[..., None], count: int) -> None:
    phases = (Phase.generate, Phase.shrink)
    settings(max_examples=count, database=None, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))(
        test
    )()


CHECKS: dict[str, tuple[Callable[[int], None], int]] = {
    "drawings": (fuzz_drawings, 100_000),
    "networks": (fuzz_networks, 10_000),
    "files": (fuzz_files, 20_000),
    "texts": (fuzz_texts, 10_000),
}


def main() -> None:
    """Run the checks with as many cases as wished."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    for name, (_, usual) in CHECKS.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=f"how many {name} (usually {usual:,})")
    wishes = vars(parser.parse_args())
    torch.set_num_threads(1)
    for name, (check, _) in CHECKS.items():
        if wishes[name]:
            started = time.perf_counter()
            print(f"{name}:", flush=True)
            check(wishes[name])
            print(f"  {time.perf_counter() - started:,.0f} s", flush=True)


if __name__ == "__main__":
    main()

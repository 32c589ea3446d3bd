"""Blocks inside groups and examples that drive a unit are seen as they are, and looking changes no bit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Thread
from types import FrameType

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from torch import nn

from engine.blocks.data import Input, Output
from engine.check import check
from engine.data import load
from engine.events import Event
from engine.graph import Graph, Node
from engine.groups import Group
from engine.insight import drivers as examining
from engine.insight.inner_values import values_of
from engine.insight.leaves import leaves
from engine.insight.scene import Scene, evaluating
from engine.looks.base import Look, Unseen
from engine.looks.drivers import Drivers, DriversOf, Mistake, NextMistake, Reading
from engine.looks.maps import Maps, MapsOf
from engine.lower import Source, lower, write
from engine.model import ANSWER, build
from engine.recipes.data_sets import Diabetes, Digits
from engine.recipes.losses import MSELoss
from engine.recipes.recipe import Recipe
from engine.training.trainer import Control, Trainer
from tests.engine.nested import nested_graphs
from tests.engine.networks import nested_groups, row, small_cnn

DIGITS = Recipe(data=Digits(examples=320), epochs=1, batch_size=32, threads=1)


def source_of(graph: Graph) -> Source:
    report = check(graph)
    assert report.ok, report.problems
    return write(lower(graph, report))


def scene_of(source: Source, recipe: Recipe = DIGITS) -> Scene:
    torch.manual_seed(5)
    return Scene(build(source), source, recipe, load(recipe.data))


def begun(source: Source, recipe: Recipe = DIGITS, steps: int = 2) -> tuple[Trainer, nn.Module]:
    """A run that waits after some steps."""
    trainer = Trainer(source, recipe, Control(stop_at=steps))
    story = trainer.story()
    while trainer.step < steps:
        next(story)
    assert trainer.network is not None
    return trainer, trainer.network


def seen(trainer: Trainer, look: Look) -> Event:
    (sight,) = trainer.see((look,))
    return sight


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("repeat", [1, 3])
def test_blocks_inside_groups_give_what_their_modules_give(repeat: int, numbered: bool) -> None:
    scene = scene_of(source_of(nested_groups(repeat, numbered)))
    given_by = dict[str, torch.Tensor]()

    def keep(path: str) -> None:
        module = leaves(scene.network, scene.source)[path]
        module.register_forward_hook(lambda _, __, value: given_by.__setitem__(path, value))

    for path in leaves(scene.network, scene.source):
        keep(path)
    inputs = scene.validation.inputs[:3]
    paths = [f"group2/{name}" for name in ("conv1", "group1", "group1/conv2", "group1/relu1", "norm1")]
    with evaluating(scene.network), torch.inference_mode():
        values = values_of(scene, inputs, [*paths, "linear1"])
    last = "group2/group1" if repeat == 1 else f"group2/group1 ({repeat})"
    assert torch.equal(values["group2/group1/conv2"], given_by[f"{last}/conv2"])
    assert torch.equal(values["group2/group1/relu1"], given_by[f"{last}/relu1"])
    assert torch.equal(values["group2/group1"], values["group2/group1/relu1"])
    for path in ("group2/conv1", "group2/norm1", "linear1"):
        assert torch.equal(values[path], given_by[path])
    assert torch.equal(values[ANSWER], given_by["linear1"])
    assert set(values) == {*paths, "linear1", ANSWER}


def groups_of(graph: Graph, above: str = "") -> Iterator[tuple[str, Group]]:
    """Every group of a drawing by its path, those inside others as well."""
    for name, node in graph.nodes.items():
        if isinstance(node.block, Group):
            yield above + name, node.block
            yield from groups_of(node.block.graph, f"{above}{name}/")


def test_what_a_group_gives_is_what_its_last_block_gives() -> None:
    compared = 0

    @given(nested_graphs())
    def hold(graph: Graph) -> None:
        nonlocal compared
        inputs = [node.block for node in graph.nodes.values() if isinstance(node.block, Input)]
        assume(len(inputs) == 1)
        source = source_of(graph)
        scene = Scene(build(source), source, DIGITS, load(DIGITS.data))
        ends = [(path, inside, end) for path, inside in groups_of(graph) for end in _ends(inside)]
        wanted = [*graph.nodes, *(path for path, _, _ in ends), *(f"{path}/{end}" for path, _, end in ends)]
        try:
            with evaluating(scene.network), torch.inference_mode():
                batch = torch.randn(2, *inputs[0].shape)
                values, told = values_of(scene, batch, wanted), scene.values(batch)
        except (RuntimeError, ValueError, IndexError):  # a block may refuse this batch
            assume(False)
        for name in set(told) & set(values) - {ANSWER}:
            assert not isinstance(told[name], torch.Tensor) or same(told[name], values[name])
        for path, inside, end in ends:
            if len(inside.output_ports()) == 1 and isinstance(values.get(path), torch.Tensor):
                assert same(values[path], values[f"{path}/{end}"])
                compared += 1

    hold()
    assert compared > 20


def _ends(group: Group) -> list[str]:
    """The blocks inside, each with one output, that feed the group's Outputs."""
    graph = group.graph
    outputs = [name for name, node in graph.nodes.items() if isinstance(node.block, Output)]
    feeding = [wire.source for wire in graph.wires if wire.target in outputs]
    return [name for name in feeding if _shows(graph.nodes[name])]


def _shows(node: Node) -> bool:
    return not isinstance(node.block, Input) and len(node.block.output_ports()) == 1


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Equal bits, or chance at work in both."""
    return one.shape == other.shape and bool(((one == other) | one.isnan()).all())


def test_two_calls_of_a_shared_group_are_told_apart() -> None:
    graph = nested_groups()
    wire = graph.out_of("group2")[0]
    graph = graph.insert_on_wire(wire, Node("again", graph.nodes["group2"].block)).share("again", "group2")
    scene = scene_of(source_of(graph))
    with evaluating(scene.network), torch.inference_mode():
        values = values_of(scene, scene.validation.inputs[:1], ["group2", "again", "group2/norm1", "again/norm1"])
    assert torch.equal(values["group2"], values["group2/norm1"])
    assert torch.equal(values["again"], values["again/norm1"])
    assert not torch.equal(values["again"], values["group2"])


def test_whoever_profiles_goes_on_and_other_threads_are_left_alone() -> None:
    scene = scene_of(source_of(nested_groups()))

    def mine(frame: FrameType, event: str, given: object) -> None:
        """Listens to nothing."""

    found: list[object] = []

    def look() -> None:
        sys.setprofile(mine)
        values_of(scene, scene.validation.inputs[:2], ["group2/conv1"])
        found.append(sys.getprofile())
        with pytest.raises(RuntimeError):
            values_of(scene, scene.validation.inputs[:2, :, :3, :3], ["group2/conv1"])
        found.append(sys.getprofile())

    before = sys.getprofile()
    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert found == [mine, mine] and sys.getprofile() is before


def test_maps_of_paths_and_of_blocks_with_several_outputs_are_told() -> None:
    trainer, _ = begun(source_of(nested_groups(2)))
    look = MapsOf(("group2/group1/conv2", "linear1", "group2/gone"), 3)
    maps = seen(trainer, look)
    assert isinstance(maps, Maps) and set(maps.maps) == {"group2/group1/conv2", "linear1"}
    assert maps.maps["group2/group1/conv2"].shape == (1, 8, 8)
    lstm = row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Flatten", {"start_dim": 1, "end_dim": 2}),
        ("LSTM", {"hidden_size": 5}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    )
    told = seen(begun(lstm)[0], MapsOf(("lstm1",)))
    assert isinstance(told, Maps) and told.maps["lstm1"].shape == (8, 5)


@pytest.mark.parametrize("reading", ["greatest", "mean"])
@pytest.mark.parametrize("block", ["group2/group1/relu1", "linear1", "group2/norm1"])
def test_drivers_are_those_of_a_naive_search(block: str, reading: Reading) -> None:
    trainer, network = begun(source_of(nested_groups(2)))
    told = seen(trainer, DriversOf(block, 0, 5, reading))
    assert isinstance(told, Drivers)
    examples = load(DIGITS.data).validation
    scene = Scene(network, source_of(nested_groups(2)), DIGITS, load(DIGITS.data))
    answers = []
    with evaluating(network), torch.inference_mode():
        for number in range(min(1000, len(examples))):
            value = values_of(scene, examples.inputs[number : number + 1], [block])[block][0, 0]
            answers.append(float(value.max() if reading == "greatest" else value.mean()))
    assert told.examined == len(answers)
    order = np.argsort(-np.array(answers), kind="stable")[:5]
    assert told.activations == pytest.approx([answers[number] for number in order], abs=1e-5)
    assert [answers[number] for number in told.examples] == pytest.approx(list(told.activations), abs=1e-5)
    assert list(told.labels) == examples.labels[torch.from_numpy(told.examples)].tolist()
    assert set(told.pictures) == set(told.examples.tolist())
    first = int(told.examples[0])
    assert np.array_equal(told.pictures[first], examples.picture(first).numpy())


def test_units_that_are_not_there_are_refused_in_words() -> None:
    trainer, _ = begun(small_cnn())
    for look in (DriversOf("gone", 0), DriversOf("conv1", 99), DriversOf("conv1", -1)):
        sight = seen(trainer, look)
        assert isinstance(sight, Unseen) and look.block in sight.text


def test_a_slow_network_examines_fewer_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "LONGEST", 0.0)
    monkeypatch.setattr(examining, "CHUNK", 10)
    trainer, _ = begun(small_cnn())
    told = seen(trainer, DriversOf("conv1", 0, 3))
    assert isinstance(told, Drivers) and told.examined == 10 and len(told.examples) == 3


def test_the_next_mistake_is_the_next_wrong_answer() -> None:
    trainer, network = begun(small_cnn())
    examples = load(DIGITS.data).validation
    with evaluating(network), torch.inference_mode():
        wrong = (network(examples.inputs).argmax(1) != examples.labels).nonzero()[:, 0].tolist()
    assert 1 < len(wrong) < len(examples)
    for after in (-1, wrong[0], wrong[1] - 1, wrong[-1]):
        told = seen(trainer, NextMistake(after))
        assert isinstance(told, Mistake)
        assert told.example == next((number for number in wrong if number > after), wrong[0])
        assert told.reached == told.example
        assert told.examined == (told.example - after - 1) % len(examples) + 1


def test_where_there_are_no_classes_nothing_is_simply_wrong() -> None:
    recipe = Recipe(data=Diabetes(), loss=MSELoss(), epochs=1, threads=1)
    trainer, _ = begun(row(("Input", {"shape": [10]}), ("Linear", {"out_features": 1}), ("Output", {})), recipe)
    sight = seen(trainer, NextMistake(0))
    assert isinstance(sight, Unseen) and "no classes" in sight.text
    told = seen(trainer, DriversOf("linear1", 0, 2))
    assert isinstance(told, Drivers) and told.pictures[int(told.examples[0])].shape == (10,)


def test_looking_inside_changes_no_bit() -> None:
    source = source_of(nested_groups(2))
    looks = (MapsOf(("group2/group1/conv2",), 1), DriversOf("group2/group1/relu1", 0), NextMistake(3))

    def learned(looking: bool) -> tuple[list[torch.Tensor], torch.Tensor]:
        trainer = Trainer(source, DIGITS, Control())
        for _ in trainer.story():
            if looking and trainer.learner:
                assert len(trainer.see(looks)) == len(looks)
        assert trainer.network is not None
        return list(trainer.network.state_dict().values()), torch.get_rng_state()

    (plain, chance), (watched, chance_then) = learned(False), learned(True)
    assert all(torch.equal(one, other) for one, other in zip(plain, watched, strict=True))
    assert torch.equal(chance, chance_then)

"""Imported drawings get a recipe with which they can be trained at once."""

import pytest

from engine.blocks.activation import Tanh
from engine.blocks.base import Block
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Embedding, Linear
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.events import EpochDone, Failed
from engine.graph import Graph
from engine.lower import lower, write
from engine.nesting import grouped
from engine.recipes.data_sets import DataSet, Iris, Mnist, RandomExamples, Twemoji
from engine.recipes.recipe import Recipe
from engine.sketching import row
from engine.suiting import suiting_recipe
from engine.training.trainer import train


def network(shape: tuple[int, ...], classes: int, **more: Block) -> Graph:
    ends = {"flatten": Flatten(), "last": Linear(out_features=classes)}
    return row(Graph(), "", examples=Input(shape=shape), **more, **ends, answer=Output())


@pytest.mark.parametrize(
    ("shape", "classes", "data"),
    [((1, 28, 28), 10, Mnist()), ((4,), 3, Iris()), ((3, 64, 64), 6, Twemoji())],
    ids=["MNIST", "Iris", "Emoji"],
)
def test_bundled_data_are_taken_where_they_suit(shape: tuple[int, ...], classes: int, data: DataSet) -> None:
    graph = network(shape, classes)
    assert suiting_recipe(graph).data == data
    assert not check(graph, suiting_recipe(graph)).errors


@pytest.mark.parametrize(("shape", "classes"), [((1, 28, 28), 11), ((3, 20, 30), 40), ((7,), 2), ((9, 5), 1)])
def test_noise_suits_every_other_drawing_and_trains_it(shape: tuple[int, ...], classes: int) -> None:
    graph = network(shape, classes, bend=Tanh())
    recipe = suiting_recipe(graph).changed(epochs=1, threads=1, device="cpu")
    assert isinstance(recipe.data, RandomExamples) and recipe.data.input_shape == shape
    assert not check(graph, recipe).errors
    events = list(train(write(lower(graph, check(graph))), recipe))
    assert any(isinstance(event, EpochDone) for event in events)
    assert not [event for event in events if isinstance(event, Failed)]


def test_ids_are_those_that_the_smallest_table_knows() -> None:
    words = Input(shape=(6,), dtype="int64")
    table, ends = Embedding(num_embeddings=13, embedding_dim=4), {"flatten": Flatten(), "last": Linear(out_features=3)}
    graph = row(Graph(), "", words=words, table=table, **ends, answer=Output())
    inside, _ = grouped(graph, ["table", "flatten"], "Words")
    for drawing in (graph, inside):
        recipe = suiting_recipe(drawing)
        assert isinstance(recipe.data, RandomExamples) and recipe.data.ids == 13
        assert not check(drawing, recipe).errors


def test_large_examples_come_in_small_batches() -> None:
    small, large = (suiting_recipe(network((3, size, size), 5)) for size in (16, 224))
    assert (small.batch_size, large.batch_size) == (64, 8)
    assert small.data.train_examples > large.data.train_examples >= 16


def test_what_random_examples_cannot_serve_keeps_the_usual_recipe() -> None:
    picture = row(Graph(), "", examples=Input(shape=(3, 8, 8)), conv=Conv2d(out_channels=2), answer=Output())
    two = row(network((4,), 3), "", other=Input(shape=(5,)), more=Linear(out_features=3), out=Output())
    for graph in (picture, two, Graph()):
        assert suiting_recipe(graph) == Recipe()

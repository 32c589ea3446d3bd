"""Labs of introductory courses as projects: each is a network, its data and its recipe, ready to train.

A lab has variants that are to be compared, such as a network with and without BatchNorm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.blocks.activation import ReLU, Sigmoid, Tanh
from engine.blocks.base import Block
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.normalisation import BatchNorm1d
from engine.blocks.pooling import MaxPool2d
from engine.blocks.shaping import Flatten
from engine.graph import Graph
from engine.layout import arrange
from engine.project import Project
from engine.recipes.data_sets import Box, Circle, DataSet, Digits, Lines, Spiral, Spiral3, TwoBoxes, Xor, XorPoints
from engine.recipes.losses import BCELoss
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import Recipe
from engine.sketching import linked, row

RESIDUAL_BLOCKS, RESIDUAL_WIDTH = 20, 32


@dataclass(frozen=True)
class Lab:
    """One lab: its number in the curriculum, what it is about, and the projects that are compared."""

    number: int
    title: str
    summary: str
    variants: Mapping[str, Project]


def _project(title: str, blocks: Sequence[tuple[str, Block]], recipe: Recipe) -> Project:
    graph = row(Graph(), "", **dict(blocks))
    return Project(graph.move(arrange(graph)), recipe, title)


def _layers(
    widths: Sequence[int], activation: type[Block], last: type[Block] | None = None, norm: type[Block] | None = None
) -> list[tuple[str, Block]]:
    """Linear blocks of these widths with an activation between each two; `last` comes behind the last one."""
    blocks: list[tuple[str, Block]] = []
    for number, width in enumerate(widths, 1):
        blocks.append((f"linear{number}", Linear(out_features=width)))
        if number < len(widths):
            blocks += [(f"norm{number}", norm())] if norm else []
            blocks.append((f"{activation.short_name}{number}", activation()))
    return blocks + ([(last.short_name, last())] if last else [])


def _points(data: DataSet, blocks: list[tuple[str, Block]]) -> list[tuple[str, Block]]:
    return [("points", Input(shape=data.input_shape)), *blocks, ("answer", Output())]


def _pictures(data: DataSet, blocks: list[tuple[str, Block]]) -> list[tuple[str, Block]]:
    return [("pictures", Input(shape=data.input_shape)), *blocks, ("answer", Output())]


def _softmax() -> Lab:
    data = Digits(size=28)
    blocks = _pictures(data, [("flatten", Flatten()), ("linear", Linear(out_features=10))])
    recipe = Recipe(data=data, optimizer=SGD(lr=0.01), batch_size=100, epochs=100)
    summary = "One weight for each pixel and class: the weights of a class are a picture of it."
    return Lab(15, "Softmax on digits", summary, {"linear": _project("Softmax on digits", blocks, recipe)})


def _box() -> Lab:
    blocks = _points(Box(), _layers((2, 1), Sigmoid, Sigmoid))
    slow = Recipe(data=Box(), loss=BCELoss(), optimizer=SGD(lr=0.01), batch_size=1, epochs=1000)
    quick = slow.changed(optimizer=Adam(lr=0.05), batch_size=40)
    variants = {"sgd": _project("Box function", blocks, slow), "adam": _project("Box function", blocks, quick)}
    return Lab(17, "A box from two sigmoids", "Two bends that are taken from each other make a box.", variants)


def _two_boxes() -> Lab:
    recipe = Recipe(data=TwoBoxes(), loss=BCELoss(), optimizer=Adam(lr=0.01), batch_size=100, epochs=1000)
    variants = {
        f"{width} neurons": _project("Two boxes", _points(TwoBoxes(), _layers((width, 1), Sigmoid, Sigmoid)), recipe)
        for width in (2, 6, 16)
    }
    return Lab(19, "More hidden neurons", "Two boxes need more bends than two neurons have.", variants)


def _xor_table() -> Lab:
    recipe = Recipe(data=XorPoints(), loss=BCELoss(), optimizer=SGD(lr=0.1), batch_size=1, epochs=500)
    hidden = _points(XorPoints(), _layers((4, 1), Sigmoid, Sigmoid))
    alone = _points(XorPoints(), _layers((1,), Sigmoid, Sigmoid))
    variants = {
        "rate 0.1": _project("XOR", hidden, recipe),
        "rate 0.001": _project("XOR", hidden, recipe.changed(optimizer=SGD(lr=0.001))),
        "no hidden layer": _project("XOR", alone, recipe.changed(epochs=100)),
    }
    return Lab(
        20, "XOR", "No single line parts XOR; with four hidden neurons and a fitting rate it is learned.", variants
    )


def _depth() -> Lab:
    recipe = Recipe(data=Spiral3(), optimizer=SGD(lr=0.1, momentum=0.5), batch_size=20, epochs=300)
    sizes = {"no hidden layer": (3,), "3 and 4": (3, 4, 3), "50": (50, 3), "10, 10 and 10": (10, 10, 10, 3)}
    variants = {
        name: _project("Three spirals", _points(Spiral3(), _layers(widths, ReLU)), recipe)
        for name, widths in sizes.items()
    }
    return Lab(38, "Layers from a list", "Three arms of a spiral with networks of different depth and width.", variants)


def _momentum() -> Lab:
    recipe = Recipe(data=Spiral3(), batch_size=20, epochs=100)
    blocks = _points(Spiral3(), _layers((50, 3), ReLU))
    variants = {
        f"momentum {momentum:g}": _project("Momentum", blocks, recipe.changed(optimizer=SGD(lr=0.1, momentum=momentum)))
        for momentum in (0.0, 0.4, 0.5, 0.9)
    }
    return Lab(54, "Momentum", "Keeping some of the last direction makes the same steps go further.", variants)


def _batch_norm() -> Lab:
    data = Digits(size=28)
    recipe = Recipe(data=data, optimizer=SGD(lr=0.1), batch_size=100, epochs=5)
    flat: list[tuple[str, Block]] = [("flatten", Flatten())]
    variants = {
        name: _project("BatchNorm", _pictures(data, flat + _layers((100, 100, 10), Sigmoid, norm=norm)), recipe)
        for name, norm in (("plain", None), ("BatchNorm", BatchNorm1d))
    }
    return Lab(
        58, "BatchNorm speeds training", "Sigmoids that are kept in their middle learn from the start.", variants
    )


def _lines() -> Lab:
    recipe = Recipe(data=Lines(), optimizer=SGD(lr=0.1), batch_size=100, epochs=3)
    variants = {}
    for first, second in ((2, 1), (8, 4)):
        blocks: list[tuple[str, Block]] = [
            ("conv1", Conv2d(out_channels=first, kernel_size=2)),
            ("relu1", ReLU()),
            ("pool1", MaxPool2d(kernel_size=2, stride=1)),
            ("conv2", Conv2d(out_channels=second, kernel_size=2)),
            ("relu2", ReLU()),
            ("pool2", MaxPool2d(kernel_size=2, stride=1)),
            ("flatten", Flatten()),
            ("linear", Linear(out_features=2)),
        ]
        variants[f"{first} and {second} maps"] = _project("Lines", _pictures(Lines(), blocks), recipe)
    return Lab(
        68, "A small CNN on lines", "Upright or lying? With very few maps some runs die, with more none does.", variants
    )


def _residual() -> Lab:
    data = Digits()
    recipe = Recipe(data=data, optimizer=Adam(lr=0.001), batch_size=64, epochs=10)
    return Lab(
        74,
        "Residual blocks",
        "Twenty blocks in a row: without skip wires hardly any gradient reaches the first.",
        {"plain": _project("Plain", _chain(data), recipe), "skip": _skipping(data, recipe)},
    )


def _chain(data: DataSet) -> list[tuple[str, Block]]:
    blocks: list[tuple[str, Block]] = [("flatten", Flatten()), ("enter", Linear(out_features=RESIDUAL_WIDTH))]
    for number in range(1, RESIDUAL_BLOCKS + 1):
        blocks += [(f"linear{number}", Linear(out_features=RESIDUAL_WIDTH)), (f"relu{number}", ReLU())]
    return _pictures(data, [*blocks, ("leave", Linear(out_features=10))])


def _skipping(data: DataSet, recipe: Recipe) -> Project:
    blocks: list[tuple[str, Block]] = [("flatten", Flatten()), ("enter", Linear(out_features=RESIDUAL_WIDTH))]
    skips, before = [], "enter"
    for number in range(1, RESIDUAL_BLOCKS + 1):
        blocks += [(f"linear{number}", Linear(out_features=RESIDUAL_WIDTH)), (f"relu{number}", ReLU())]
        blocks.append((f"add{number}", Add()))
        skips.append((before, f"add{number}.other"))
        before = f"add{number}"
    graph = row(Graph(), "", **dict(_pictures(data, [*blocks, ("leave", Linear(out_features=10))])))
    graph = linked(graph, *skips)
    return Project(graph.move(arrange(graph)), recipe, "Skip wires")


def _playground() -> Lab:
    recipe = Recipe(batch_size=10, epochs=100, optimizer=SGD(lr=0.03))
    circle, alone = Circle(), Circle(x1=False, x2=False, radius=True)
    variants = {
        "circle, 4 and 2 tanh": _project(
            "Circle", _points(circle, _layers((4, 2, 2), Tanh)), recipe.changed(data=circle)
        ),
        "circle, no hidden layer": _project(
            "Circle", _points(circle, _layers((2,), Tanh)), recipe.changed(data=circle)
        ),
        "circle by its radius": _project(
            "Circle", _points(alone, _layers((2,), Tanh)), recipe.changed(data=alone, optimizer=SGD(lr=0.1))
        ),
        "xor, 4 ReLU": _project(
            "Xor", _points(Xor(), _layers((4, 2), ReLU)), recipe.changed(data=Xor(), optimizer=SGD(lr=0.1))
        ),
        "spiral, 8, 8 and 8 ReLU": _project(
            "Spiral",
            _points(Spiral(), _layers((8, 8, 8, 2), ReLU)),
            recipe.changed(data=Spiral(), optimizer=Adam(lr=0.01)),
        ),
    }
    return Lab(84, "Playground", "Points on a plane, and what bends or features it takes to part them.", variants)


LABS = {
    lab.number: lab
    for lab in (
        _softmax(),
        _box(),
        _two_boxes(),
        _xor_table(),
        _depth(),
        _momentum(),
        _batch_norm(),
        _lines(),
        _residual(),
        _playground(),
    )
}
"""Every lab by its number."""

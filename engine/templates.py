"""Networks to start from; each trains at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.dropout import Dropout
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.normalisation import BatchNorm2d
from engine.blocks.pooling import AdaptiveAvgPool2d, MaxPool2d
from engine.blocks.shaping import Flatten
from engine.graph import Graph
from engine.layout import arrange
from engine.project import Project
from engine.recipes.data_sets import Spiral
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.sketching import linked, row


@dataclass(frozen=True)
class Template:
    """A network to start from: its name on the command line, its title, one sentence, and what it is made of."""

    name: str
    title: str
    summary: str
    recipe: Recipe
    draw: Callable[[], Graph]

    def project(self) -> Project:
        """A new project, its blocks in their places."""
        graph = self.draw()
        return Project(graph.move(arrange(graph)), self.recipe, self.title)


def new(name: str) -> Project:
    """A new project from the template of this name. Raises KeyError for a name that does not exist."""
    return TEMPLATES[name].project()


def _linear() -> Graph:
    return row(Graph(), "", digits=Input(), flatten=Flatten(), logits=Linear(out_features=10), answer=Output())


def _mlp() -> Graph:
    return row(
        Graph(),
        "",
        digits=Input(),
        flatten=Flatten(),
        hidden1=Linear(out_features=512),
        relu1=ReLU(),
        hidden2=Linear(out_features=512),
        relu2=ReLU(),
        logits=Linear(out_features=10),
        answer=Output(),
    )


def _cnn() -> Graph:
    return row(
        Graph(),
        "",
        digits=Input(),
        conv1=Conv2d(out_channels=24, padding=1),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        pool1=MaxPool2d(),
        conv2=Conv2d(out_channels=48, padding=1),
        norm2=BatchNorm2d(),
        relu2=ReLU(),
        pool2=MaxPool2d(),
        flatten=Flatten(),
        hidden=Linear(out_features=128),
        relu3=ReLU(),
        drop=Dropout(p=0.3),
        logits=Linear(out_features=10),
        answer=Output(),
    )


def _residual() -> Graph:
    """A stem, two residual blocks and a head; the second block halves the picture, so its skip wire does too."""
    graph = row(
        Graph(),
        "",
        digits=Input(),
        conv1=Conv2d(out_channels=16, padding=1, stride=2, bias=False),
        norm1=BatchNorm2d(),
        relu1=ReLU(),
        conv2=Conv2d(out_channels=16, padding=1, bias=False),
        norm2=BatchNorm2d(),
        relu2=ReLU(),
        conv3=Conv2d(out_channels=16, padding=1, bias=False),
        norm3=BatchNorm2d(),
        add1=Add(),
        relu3=ReLU(),
        conv4=Conv2d(out_channels=32, padding=1, stride=2, bias=False),
        norm4=BatchNorm2d(),
        relu4=ReLU(),
        conv5=Conv2d(out_channels=32, padding=1, bias=False),
        norm5=BatchNorm2d(),
        add2=Add(),
        relu5=ReLU(),
        pool=AdaptiveAvgPool2d(),
        flatten=Flatten(),
        logits=Linear(out_features=10),
        answer=Output(),
    )
    shortcut = Conv2d(out_channels=32, kernel_size=1, stride=2, bias=False)
    graph = row(graph, "relu3", shortcut=shortcut, norm6=BatchNorm2d())
    return linked(graph, ("relu1", "add1.other"), ("norm6", "add2.other"))


def _spiral() -> Graph:
    return row(
        Graph(),
        "",
        points=Input(shape=(2,)),
        hidden1=Linear(out_features=8),
        relu1=ReLU(),
        hidden2=Linear(out_features=8),
        relu2=ReLU(),
        hidden3=Linear(out_features=8),
        relu3=ReLU(),
        logits=Linear(out_features=2),
        answer=Output(),
    )


TEMPLATES = {
    template.name: template
    for template in (
        Template(
            "linear",
            "Linear classifier",
            "One layer that weighs every pixel: about 92 % of the digits, and weights you can look at.",
            Recipe(epochs=3),
            _linear,
        ),
        Template(
            "mlp",
            "Multilayer perceptron",
            "Two hidden layers of 512 units; the classic first deep network for digits.",
            Recipe(epochs=5),
            _mlp,
        ),
        Template(
            "cnn",
            "Convolutional network",
            "Two stages of learned filters, then a classifier: 99 % of the digits after a few epochs.",
            Recipe(epochs=3),
            _cnn,
        ),
        Template(
            "residual",
            "Residual network",
            "Skip wires let the gradient pass by the convolutions, as in ResNet.",
            Recipe(epochs=3),
            _residual,
        ),
        Template(
            "spiral",
            "Two spirals",
            "Three small hidden layers learn to tell two spirals of points apart.",
            Recipe(data=Spiral(), optimizer=Adam(lr=0.01), batch_size=10, epochs=200),
            _spiral,
        ),
    )
}
"""Every template by its name, in the order of the start page."""

"""The data sets as settings: what a recipe, a form and the checker need to know without loading anything."""

from engine.recipes.data_sets.base import DATA_SETS, HALF_OF_POINTS, OWN_DATA, Call, DataSet, Source
from engine.recipes.data_sets.computed import Lines, Shapes
from engine.recipes.data_sets.noise import RandomExamples
from engine.recipes.data_sets.own import NumpyFile, OwnData, PictureFolder, PictureTable, TableFile
from engine.recipes.data_sets.pictures import DIGITS, Digits, Mnist, Twemoji
from engine.recipes.data_sets.points import (
    FEATURES,
    AbsoluteValue,
    Box,
    Circle,
    Gauss,
    Line,
    Playground,
    Poly,
    Spiral,
    Spiral3,
    ThreeParts,
    Threshold,
    TwoBoxes,
    Xor,
    XorPoints,
)
from engine.recipes.data_sets.tables import BreastCancer, CabFare, Diabetes, Iris, Penguins, Table, Wine
from engine.recipes.data_sets.torchvision_sets import CIFAR10, CIFAR100, EMNIST, KMNIST, SVHN, FashionMNIST

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "DATA_SETS",
    "DIGITS",
    "EMNIST",
    "FEATURES",
    "HALF_OF_POINTS",
    "KMNIST",
    "OWN_DATA",
    "SVHN",
    "AbsoluteValue",
    "Box",
    "BreastCancer",
    "CabFare",
    "Call",
    "Circle",
    "DataSet",
    "Diabetes",
    "Digits",
    "FashionMNIST",
    "Gauss",
    "Iris",
    "Line",
    "Lines",
    "Mnist",
    "NumpyFile",
    "OwnData",
    "Penguins",
    "PictureFolder",
    "PictureTable",
    "Playground",
    "Poly",
    "RandomExamples",
    "Shapes",
    "Source",
    "Spiral",
    "Spiral3",
    "Table",
    "TableFile",
    "ThreeParts",
    "Threshold",
    "Twemoji",
    "TwoBoxes",
    "Wine",
    "Xor",
    "XorPoints",
]

FAMILIES = ("pictures", "computed", "points", "tables", "own", "torchvision_sets", "noise")
"""The files of the data sets in the order in which people find them."""


def _place(kind: type[DataSet]) -> int:
    return FAMILIES.index(kind.__module__.rpartition(".")[2])


for _kind in sorted(DATA_SETS.values(), key=_place):
    DATA_SETS[_kind.kind()] = DATA_SETS.pop(_kind.kind())

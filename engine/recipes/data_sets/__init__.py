"""The data sets as settings: what a recipe, a form and the checker need to know without loading anything."""

from engine.recipes.data_sets.base import DATA_SETS, HALF_OF_POINTS, OWN_DATA, DataSet
from engine.recipes.data_sets.pictures import DIGITS, Digits, Mnist
from engine.recipes.data_sets.points import Box, Circle, Gauss, Playground, Spiral, Xor, XorPoints

__all__ = [
    "DATA_SETS",
    "DIGITS",
    "HALF_OF_POINTS",
    "OWN_DATA",
    "Box",
    "Circle",
    "DataSet",
    "Digits",
    "Gauss",
    "Mnist",
    "Playground",
    "Spiral",
    "Xor",
    "XorPoints",
]

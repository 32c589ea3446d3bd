"""The bundled pictures."""

from __future__ import annotations

from engine.recipes.data_sets.base import DataSet
from engine.settings import param

DIGITS = tuple("0123456789")


class Mnist(DataSet):
    """60,000 handwritten digits of 28×28 pixels to learn from and 10,000 to test with.

    Pixels are scaled to 0–1, then the mean 0.1307 is taken away and the rest divided by 0.3081.
    """

    title = "MNIST"
    input_shape = (1, 28, 28)
    labels = DIGITS
    test_examples = 10_000
    licence = "MNIST by Y. LeCun and C. Cortes, commonly stated as CC BY-SA 3.0"

    examples: int = param("How many of the training pictures are used.", 10, 60_000, default=60_000, rare=True)

    @property
    def train_examples(self) -> int:
        return self.examples


class Digits(DataSet):
    """1,797 small handwritten digits of 8×8 pixels; learns in seconds.

    Pixels are scaled to 0–1. 1,437 pictures are to learn from and 360 to test with.
    """

    title = "Digits 8×8"
    input_shape = (1, 8, 8)
    labels = DIGITS
    test_examples = 360
    licence = "Optical recognition of handwritten digits by E. Alpaydin and C. Kaynak, CC BY 4.0"

    examples: int = param("How many of the training pictures are used.", 10, 1_437, default=1_437, rare=True)

    @property
    def train_examples(self) -> int:
        return self.examples

"""The bundled pictures."""

from __future__ import annotations

from engine.blocks.base import Shape
from engine.recipes.data_sets.base import Call, DataSet, Source, normalise_param
from engine.settings import param

DIGITS = tuple("0123456789")
DIGITS_TRAIN, DIGITS_ALL, DIGITS_SIZE = 1437, 1797, 8
MNIST_MEAN, MNIST_SPREAD = 0.1307, 0.3081
EMOJI = 474


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
    normalise: str = normalise_param("usual", "usual")

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def source(self) -> Source:
        return Source(
            Call("files", "read_mnist", {"part": "train", "count": self.examples}),
            Call("files", "read_mnist", {"part": "test", "count": 10_000}),
            file="mnist.npz",
        )


class Digits(DataSet):
    """1,797 small handwritten digits of 8×8 pixels; learns in seconds.

    Pixels are scaled to 0–1. 1,437 pictures are to learn from and 360 to test with. With size 28 they suit networks
    that are made for MNIST.
    """

    title = "Digits 8×8"
    labels = DIGITS
    test_examples = DIGITS_ALL - DIGITS_TRAIN
    licence = "Optical recognition of handwritten digits by E. Alpaydin and C. Kaynak, CC BY 4.0"

    examples: int = param("How many of the training pictures are used.", 10, DIGITS_TRAIN, default=1_437, rare=True)
    size: int = param("Pixels along each side; pictures larger than 8 are enlarged smoothly.", 8, 64, default=8)
    normalise: str = normalise_param("none")

    @property
    def input_shape(self) -> Shape:
        return (1, self.size, self.size)

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def source(self) -> Source:
        larger = Call("files", "enlarge", {"size": self.size}) if self.size != DIGITS_SIZE else None
        return Source(Call("files", "read_digits"), cut=DIGITS_TRAIN, file="digits8x8.npz", then=larger)


class Twemoji(DataSet):
    """474 coloured emoji of 64×64 pixels in six classes; few enough to see what transfer learning is good for.

    Pixels are scaled to 0–1. There is no test part: the split cuts one off.
    """

    title = "Emoji (Twemoji)"
    input_shape = (3, 64, 64)
    labels = ("animal", "food", "vehicle", "clothing", "building", "face")
    train_examples = EMOJI
    test_examples = 0
    in_class_order = True
    licence = "Twemoji graphics © Twitter, Inc and other contributors, CC BY 4.0"

    normalise: str = normalise_param("none")

    @property
    def source(self) -> Source:
        return Source(Call("files", "read_emoji"), file="twemoji6.npz")

"""Well-known pictures that are too large to come along: in a folder of the user, as torchvision keeps them there."""

from __future__ import annotations

import string

from engine.blocks.base import Shape
from engine.recipes.data_sets.base import DataSet, normalise_param
from engine.settings import param

MOST_PICTURES = 1_000_000
MERGED = "cijklmopsuvwxyz"
"""Letters that look alike when they are large and small."""
CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
THINGS = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
    "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
    "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk "
    "skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger "
    "tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm "
)
"""What the pictures of CIFAR-100 show."""
EMNIST_SPLITS = {
    "balanced": (112_800, 18_800),
    "byclass": (697_932, 116_323),
    "bymerge": (697_932, 116_323),
    "letters": (124_800, 20_800),
    "digits": (240_000, 40_000),
    "mnist": (60_000, 10_000),
}
"""How many pictures each split of EMNIST has to learn from and to test with."""


class InFolder(DataSet):
    """Base of what lies in a folder of the user's, or is fetched into it."""

    folder: str = param("The folder where the files lie, or go when they are downloaded.", default="")
    download: bool = param("Fetch the files when they are not there.", default=False)
    examples: int = param("How many of the training pictures are used.", 1, MOST_PICTURES, default=MOST_PICTURES,
                          rare=True)  # fmt: skip
    normalise: str = normalise_param("standard")

    @property
    def all_examples(self) -> int:
        """How many pictures there are to learn from in all."""
        return 60_000

    @property
    def test_examples(self) -> int:
        return 10_000

    @property
    def input_shape(self) -> Shape:
        return (1, 28, 28)

    @property
    def train_examples(self) -> int:
        return min(self.examples, self.all_examples)

    @property
    def note(self) -> str:
        return "" if self.folder else "Choose the folder where its files lie, or go when they are downloaded."


class FashionMNIST(InFolder):
    """70,000 grey pictures of clothes in ten kinds, as large as those of MNIST and harder."""

    title = "Fashion-MNIST"
    labels = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
    licence = "Fashion-MNIST by Zalando SE, MIT licence"


class KMNIST(InFolder):
    """70,000 grey pictures of ten old Japanese characters."""

    title = "KMNIST"
    labels = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    licence = "KMNIST by the Center for Open Data in the Humanities, CC BY-SA 4.0"


class EMNIST(InFolder):
    """Handwritten digits and letters, in six ways to sort them."""

    title = "EMNIST"
    licence = "EMNIST by G. Cohen et al., from NIST Special Database 19, public domain"

    split: str = param("How the characters are sorted.", choices=tuple(EMNIST_SPLITS), default="balanced")

    @property
    def labels(self) -> tuple[str, ...]:
        if self.split in ("digits", "mnist"):
            return tuple(string.digits)
        if self.split == "letters":
            return tuple(string.ascii_lowercase)
        if self.split == "byclass":
            return tuple(CHARACTERS)
        return tuple(character for character in CHARACTERS if character not in MERGED)

    @property
    def all_examples(self) -> int:
        return EMNIST_SPLITS[self.split][0]

    @property
    def test_examples(self) -> int:
        return EMNIST_SPLITS[self.split][1]


class CIFAR10(InFolder):
    """60,000 small coloured pictures of animals and vehicles in ten kinds."""

    title = "CIFAR-10"
    input_shape = (3, 32, 32)
    all_examples = 50_000
    labels = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    licence = "CIFAR-10 by A. Krizhevsky; the authors state no licence"


class CIFAR100(InFolder):
    """60,000 small coloured pictures of a hundred kinds of things."""

    title = "CIFAR-100"
    input_shape = (3, 32, 32)
    all_examples = 50_000
    labels = tuple(THINGS.split())
    licence = "CIFAR-100 by A. Krizhevsky; the authors state no licence"


class SVHN(InFolder):
    """99,289 small coloured pictures of house numbers; the class is the digit in the middle."""

    title = "SVHN"
    input_shape = (3, 32, 32)
    all_examples, test_examples = 73_257, 26_032
    labels = tuple(string.digits)
    licence = "SVHN by Y. Netzer et al.; for non-commercial use only"

"""The tables: bundled measurements of flowers, wines, tumours, penguins and patients, and a computed fare."""

from __future__ import annotations

from engine.blocks.base import Shape
from engine.recipes.data_sets.base import Call, DataSet, Source, normalise_param, seed_param
from engine.settings import param

UCI = "UCI Machine Learning Repository, CC BY 4.0"
OF_CELLS = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points")
CELLS = (*OF_CELLS, "symmetry", "fractal dimension")
PENGUINS, UNKNOWN_SEX = 342, 9


class Table(DataSet):
    """Base of the bundled tables: one row of numbers for each example, and no test part."""

    test_examples = 0

    normalise: str = normalise_param("standard")

    @property
    def input_shape(self) -> Shape:
        return (len(self.feature_names),)

    @property
    def source(self) -> Source:
        return Source(Call("files", "read_table"), file=f"{self.kind().lower()}.npz")


class Iris(Table):
    """150 iris flowers of three species, by the length and width of their sepals and petals."""

    title = "Iris"
    in_class_order = True
    labels = ("setosa", "versicolor", "virginica")
    feature_names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    train_examples = 150
    licence = f"Iris by R. A. Fisher, {UCI}"


class Wine(Table):
    """178 wines of three growers in one region, by 13 chemical measurements."""

    title = "Wine"
    in_class_order = True
    labels = ("grower 1", "grower 2", "grower 3")
    feature_names = (
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    )
    train_examples = 178
    licence = f"Wine by S. Aeberhard and M. Forina, {UCI}"


class BreastCancer(Table):
    """569 tumours, malignant or benign, by 30 measurements of their cells."""

    title = "Breast cancer"
    labels = ("malignant", "benign")
    feature_names = tuple(f"{what} {name}" for what in ("mean", "error", "worst") for name in CELLS)
    train_examples = 569
    licence = f"Breast Cancer Wisconsin (Diagnostic) by W. Wolberg, O. Mangasarian, N. Street and W. Street, {UCI}"

    @property
    def source(self) -> Source:
        return Source(Call("files", "read_table"), file="breast_cancer.npz")


class Penguins(Table):
    """342 penguins of three species, by bill, flippers, weight and sex (0 female, 1 male).

    The sex of nine penguins is not known: a table as they are in real life.
    """

    title = "Penguins"
    in_class_order = True
    labels = ("Adelie", "Chinstrap", "Gentoo")
    licence = "palmerpenguins by A. Horst, A. Hill and K. Gorman, CC0"

    sex: bool = param("Let the network know the sex as well, which is missing for nine penguins.", default=True)
    missing: str = param(
        "What becomes of rows with a missing value: left out, or filled with the training part's mean.",
        choices=("leave out", "mean"),
        default="leave out",
    )

    @property
    def feature_names(self) -> tuple[str, ...]:
        names = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
        return (*names, "sex") if self.sex else names

    @property
    def train_examples(self) -> int:
        return PENGUINS - UNKNOWN_SEX * (self.sex and self.missing == "leave out")

    @property
    def fills_missing(self) -> bool:
        return self.sex and self.missing == "mean"

    @property
    def note(self) -> str:
        if not self.sex:
            return ""
        done = "left out" if self.missing == "leave out" else "filled with the mean of the training part"
        return f"{UNKNOWN_SEX} of {PENGUINS} rows have a missing value (the sex); they are {done}."

    @property
    def source(self) -> Source:
        known = {"sex": self.sex, "keep_missing": self.missing == "mean"}
        return Source(Call("files", "read_penguins", known), file="penguins.npz")


class Diabetes(Table):
    """442 patients by age, sex, weight and blood values; the target is how far diabetes went within a year."""

    title = "Diabetes"
    labels = ()
    target_names = ("disease progression",)
    feature_names = ("age", "sex", "bmi", "bp", "s1 tc", "s2 ldl", "s3 hdl", "s4 tch", "s5 ltg", "s6 glu")
    train_examples = 442
    licence = "Diabetes by B. Efron, T. Hastie, I. Johnstone and R. Tibshirani (2004); no licence stated"


class CabFare(DataSet):
    """Rides in a cab: 3 to begin with, 1.8 for each distance, 5 at night and 0.4 for each minute of waiting.

    The target is the fare, so that what a linear network learns can be read from its weights. The test part is a
    second draw.
    """

    title = "Cab fare"
    input_shape = (3,)
    labels = ()
    target_names = ("fare",)
    feature_names = ("distance", "night", "waiting")

    examples: int = param("How many rides there are to learn from, and as many to test with.", 10, 100_000, default=200)
    noise: float = param("How much fares differ by chance.", 0, 100, default=0.0)
    seed: int = seed_param()
    normalise: str = normalise_param("standard")

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def test_examples(self) -> int:
        return self.examples

    @property
    def source(self) -> Source:
        of_both = {"count": self.examples, "noise": self.noise}
        return Source(
            Call("tables", "cab_fares", {**of_both, "seed": self.seed}),
            Call("tables", "cab_fares", {**of_both, "seed": self.seed + 1}),
        )

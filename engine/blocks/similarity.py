"""Blocks that say how alike two tensors are."""

from __future__ import annotations

from engine.blocks.base import BYTES_OF_NUMBER, Block, Reach, Shape, ShapeError, elements
from engine.blocks.merge import Multiply, Subtract
from engine.blocks.operation import along, everywhere_if_spatial
from engine.settings import param


class Similarity(Block):
    """Base of the blocks that compare two tensors along one dimension.

    In: Two tensors of the same shape; where one has the size 1 its numbers are used again and again.
    Out: The same shape without the dimension that is compared.
    """

    inputs = ("x1", "x2")


class CosineSimilarity(Similarity):
    """Tells how far two tensors point the same way: 1 for the same direction, -1 for the opposite one.

    Formula: y = Σ x1·x2 / max(|x1|·|x2|, eps), summed along dim
    Use: To compare what a network makes of two pictures or two texts, whatever their strength.
    Example:
    CosineSimilarity(): 64, 64 → one number
    CosineSimilarity(dim=2): 12×64, 12×64 → 12
    """

    family = "merge"
    title = "Cosine similarity"
    torch_name = "nn.CosineSimilarity"
    functional = "F.cosine_similarity"
    keywords = ("compare", "angle", "siamese", "match")
    short_name = "similarity"
    saves = ("input",)

    dim: int = param("The dimension that is compared; 0 is the batch.", -16, 16, default=1)
    eps: float = param("A small number that keeps the division safe.", 1e-12, 1.0, default=1e-8, rare=True)

    def shape_rule(self, x1: Shape, x2: Shape) -> Shape:
        products = Multiply().shape_rule(x1, x2)
        place = along(self.dim, products)
        return *products[:place], *products[place + 1 :]

    def reach(self, x1: Shape, x2: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((along(self.dim, x1),))

    def key_settings(self) -> str:
        return f"dim={self.dim}"

    def saved_besides(self, batch: int, x1: Shape, x2: Shape) -> int:
        products, results = Multiply().shape_rule(x1, x2), self.shape_rule(x1, x2)
        return BYTES_OF_NUMBER * batch * (2 * elements(products) + 4 * elements(results))


class PairwiseDistance(Similarity):
    """Measures how far two tensors are apart along their last dimension.

    Formula: y = (Σ |x1 - x2 + eps|^p)^(1/p), summed along the last dimension
    Use: To compare what a network makes of two pictures, as in siamese networks.
    Example:
    PairwiseDistance(): 64, 64 → one number
    PairwiseDistance(keepdim=True): 12×64, 12×64 → 12×1
    """

    family = "merge"
    title = "Pairwise distance"
    torch_name = "nn.PairwiseDistance"
    functional = "F.pairwise_distance"
    keywords = ("compare", "euclidean", "norm", "siamese", "match")
    short_name = "distance"
    saves = ("output",)

    p: float = param(
        "Which norm measures: 2 is the usual distance, 1 adds up the differences.", 0.0, 100.0, default=2.0
    )
    eps: float = param("A small number that keeps the slope finite at distance 0.", 0.0, 1.0, default=1e-6, rare=True)
    keepdim: bool = param("Keep the last dimension with the size 1.", default=False)

    def shape_rule(self, x1: Shape, x2: Shape) -> Shape:
        differences = Subtract().shape_rule(x1, x2)
        if not differences:
            raise ShapeError("measures along the last dimension, so it needs at least one besides the batch")
        return (*differences[:-1], 1) if self.keepdim else differences[:-1]

    def reach(self, x1: Shape, x2: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((len(x1) - 1,))

    def saved_besides(self, batch: int, x1: Shape, x2: Shape) -> int:
        return BYTES_OF_NUMBER * batch * elements(Subtract().shape_rule(x1, x2))

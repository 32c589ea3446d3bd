"""What the network's numbers mean: the class it chooses, and how sure it is."""

from __future__ import annotations

import torch

from engine.recipes.losses import Loss

HALF = 0.5


def chosen(outputs: torch.Tensor, loss: Loss) -> torch.Tensor:
    """The class for each row of outputs: the largest number, or for a single number the side it lies on."""
    if outputs.shape[1] > 1:
        return outputs.argmax(1)
    return (outputs[:, 0] > (0.0 if loss.wants == "logits" else HALF)).to(torch.int64)


def guess(outputs: torch.Tensor, loss: Loss) -> torch.Tensor:
    """A probability for each class, (n, classes); plain values stay as they are."""
    if loss.wants == "values":
        return outputs
    if loss.takes_index:
        return outputs.softmax(1) if loss.wants == "logits" else outputs.exp()
    sure = outputs.sigmoid() if loss.wants == "logits" else outputs
    return torch.cat([1 - sure, sure], 1) if sure.shape[1] == 1 else sure

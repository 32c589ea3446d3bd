"""What the network's numbers mean: the class it chooses, and how sure it is."""

from __future__ import annotations

import torch

from engine.recipes.losses import GaussianNLLLoss, Loss, PoissonNLLLoss

HALF = 0.5


def chosen(outputs: torch.Tensor, loss: Loss) -> torch.Tensor:
    """The class for each row of outputs: the largest number, or for a single number the side it lies on."""
    numbers = _own(outputs, loss)
    if loss.nearest:
        numbers = -numbers
    if numbers.shape[1] > 1:
        return numbers.argmax(1)
    return (numbers[:, 0] > (-loss.threshold if loss.nearest else loss.threshold)).to(torch.int64)


def guess(outputs: torch.Tensor, loss: Loss) -> torch.Tensor:
    """A probability for each class, (n, classes); plain values as they are meant, (n, numbers)."""
    if loss.wants == "values":
        counts = isinstance(loss, PoissonNLLLoss) and loss.log_input
        return outputs.exp() if counts else _own(outputs, loss)
    if loss.wants == "log-probabilities":
        return outputs.exp()
    if loss.takes_index:
        return outputs.softmax(1)
    sure = outputs.sigmoid() if loss.wants == "logits" else outputs
    return torch.cat([1 - sure, sure], 1) if sure.shape[1] == 1 else sure


def _own(outputs: torch.Tensor, loss: Loss) -> torch.Tensor:
    """The numbers that stand for the target itself, without those that say how sure they are."""
    return outputs[:, : outputs.shape[1] // 2] if isinstance(loss, GaussianNLLLoss) else outputs

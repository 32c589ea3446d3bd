"""Early stopping in a training program, as text: waiting for a better loss, and going back to the best weights."""

from __future__ import annotations

from engine.export.pieces import Piece
from engine.recipes.recipe import Recipe


def patience_text(recipe: Recipe, epochs: str, indent: int = 0) -> str:
    """The line that makes it, with a text for the epochs that it waits."""
    return f"{' ' * indent}patience = Patience(network, epochs={epochs}, min_delta={recipe.min_delta!r})"


PATIENCE = Piece(
    '''
class Patience:
    """Waits so many epochs for a better loss, and keeps the weights of the best one."""

    def __init__(self, network, epochs, min_delta):
        self.network, self.epochs, self.min_delta = network, epochs, min_delta
        self.best, self.waited, self.weights = math.inf, 0, None

    def wears_out(self, loss):
        """Take note of an epoch; whether the last better one is too long ago."""
        if loss < self.best - self.min_delta:
            self.best, self.waited = loss, 0
            self.weights = copy.deepcopy(self.network.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.epochs

    def go_back(self):
        """Give the network the weights of the best epoch again."""
        if self.weights is not None:
            self.network.load_state_dict(self.weights)
        self.waited = 0

    def state_dict(self):
        return {"best": self.best, "waited": self.waited, "weights": self.weights}

    def load_state_dict(self, state):
        self.best, self.waited = state["best"], state["waited"]
        self.weights = state["weights"]
''',
    ("import copy", "import math"),
)

FROM_FIRST = Piece(
    '''
def of_first_process(value, device):
    """A number that only the first process has measured, for all of them."""
    if not dist.is_initialized():
        return value
    number = torch.tensor(value, dtype=torch.float64, device=device)
    dist.broadcast(number, src=0)
    return number.item()
''',
    ("import torch", "import torch.distributed as dist"),
)

"""Why a run came to a bad end, in a sentence, and the block to blame."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable

import torch
from torch import nn

from engine.events import Failed
from engine.insight.gradients import GradientMeter, Norms, forward_order
from engine.lower import Source
from engine.model import blame, peek
from engine.own_data.findings import DataProblem
from engine.pretrained import NoWeights
from engine.recipes.recipe import Recipe

LONGEST_QUOTE = 160
HUGE = 1e4
"""A gradient this long has blown up: a step along it throws the weights far away."""


class NotTrainable(Exception):
    """Recipe and network do not go together, or the machine lacks something; the text says what to do."""


class Exploded(Exception):
    """The loss is no finite number; the inputs of that batch are kept to find out why."""

    def __init__(self, loss: float, inputs: torch.Tensor) -> None:
        super().__init__(loss)
        self.loss, self.inputs = loss, inputs


def explain(
    error: Exception, source: Source, recipe: Recipe, step: int, trial: Callable[[int], None] | None = None
) -> Failed:
    """Any error of a run in words. Where memory ran out, `trial` makes a step with so many examples, to find advice."""
    details = "".join(traceback.format_exception(error))
    path = blame(error, source)
    where = f" in block {path}" if path else ""
    block = path.partition("/")[0] if path else None
    if isinstance(error, NotTrainable | NoWeights | DataProblem):
        return Failed(str(error), block, step or None)
    if _out_of_memory(error):
        traceback.clear_frames(error.__traceback__)  # they hold what was computed so far
        text = f"Training stopped: memory ran out at batch {recipe.batch_size}{where}. Your drawing is safe."
        size = fitting(trial, recipe.batch_size) if trial else recipe.batch_size // 2
        advice = f"Try batch {size}." if size else "Not even one example fits: try a smaller network."
        return Failed(f"{text} {advice}", block, step + 1, details, size or None)
    if "deterministic" in str(error) and recipe.deterministic:
        advice = "Switch deterministic off, or use another block."
        return Failed(f"PyTorch cannot compute this deterministically{where}. {advice}", block, step + 1, details)
    said = (str(error).strip() or type(error).__name__).split("\n")[0]
    said = said if len(said) <= LONGEST_QUOTE else said[: LONGEST_QUOTE - 1] + "…"
    return Failed(f"PyTorch stopped at step {step + 1}{where}: {said}", block, step + 1, details)


def fitting(trial: Callable[[int], None], batch_size: int) -> int:
    """The largest of a half, a quarter and so on of a batch with which a step can be made; 0 if there is none."""
    size = batch_size // 2
    while size:
        try:
            trial(size)
            return size
        except Exception as error:
            if not _out_of_memory(error):
                return size  # it fits, and what went wrong is another matter
            traceback.clear_frames(error.__traceback__)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        size //= 2
    return 0


def explain_explosion(
    error: Exploded, source: Source, network: nn.Module, meter: GradientMeter, recipe: Recipe, step: int
) -> Failed:
    """Which block's numbers blew up first, looking in forward order, and what to try.

    The gradients still lying there are those of the step before, which made the weights what they are.
    """
    word = "not a number (NaN)" if math.isnan(error.loss) else "infinite"
    block, reason = _culprit(error.inputs, source, network, meter)
    text = f"Training stopped at step {step}: the loss became {word}. {reason} {_advice(recipe)}"
    return Failed(text, block, step)


def _culprit(inputs: torch.Tensor, source: Source, network: nn.Module, meter: GradientMeter) -> tuple[str | None, str]:
    norms = meter.measure()
    if block := _blown_up(norms, meter):
        norm = norms.blocks[block] if norms else math.nan
        return block, f"The gradient of {block} blew up first (norm {norm:.3g} one step before)."
    with torch.inference_mode():
        seen = peek(source, network, *(inputs,) * max(1, len(source.inputs)))
    for name in forward_order(source):
        if name in seen and not torch.isfinite(seen[name]).all():
            return name, f"The output of {name} was the first to leave the range of numbers."
    last = next(reversed(forward_order(source)), None)
    return last, "Every block's output is finite, so it happened in the loss itself."


def _blown_up(norms: Norms | None, meter: GradientMeter) -> str | None:
    """The first block with a gradient or a weight that is not finite; otherwise the first huge gradient."""
    for name, group in meter.parameters.items():
        finite = all(bool(torch.isfinite(parameter).all()) for parameter in group)
        if not finite or (norms and not math.isfinite(norms.blocks[name])):
            return name
    if norms is None:
        return None
    return next((name for name, norm in norms.blocks.items() if norm > HUGE), None)


def _advice(recipe: Recipe) -> str:
    smaller = f"{recipe.optimizer.lr / 10:g}"
    clip = "" if recipe.max_norm else ", or max_norm 1 to shorten the gradients"
    return f"Try a learning rate of {smaller}{clip}."


def _out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)

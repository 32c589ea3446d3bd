"""What a run needs before its first step: a device that is there, room for the weights, an optimizer."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from engine.blocks.base import BYTES_OF_NUMBER
from engine.cost.machine_memory import machine_memory
from engine.insight.trouble import NotTrainable
from engine.lower import Source
from engine.model import build
from engine.recipes.optimizers import LBFGS, Optimizer
from engine.recipes.recipe import Recipe


def device_for(wish: str) -> str:
    """The device that a recipe's word stands for. Raises NotTrainable with a sentence where it is not there."""
    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wish == "auto":
        return "cuda" if cards else "cpu"
    if wish == "mps" and not torch.backends.mps.is_available():
        raise NotTrainable("This machine has no Apple graphics (mps). Choose the device auto or cpu.")
    if wish.startswith("cuda") and not cards:
        raise NotTrainable("No CUDA graphics card was found. Choose the device auto or cpu.")
    if wish.startswith("cuda:") and int(wish[5:]) >= cards:
        there = "cuda:0 is the only one" if cards == 1 else f"they go from cuda:0 to cuda:{cards - 1}"
        raise NotTrainable(f"There is no graphics card {wish}: {there}. Choose another device.")
    return wish


def prepare_torch(recipe: Recipe, device: str) -> None:
    """Threads, determinism and what else belongs to the whole process. Raises NotTrainable."""
    if recipe.precision == "float16" and not device.startswith("cuda"):
        raise NotTrainable("float16 needs a CUDA graphics card. Choose the precision bfloat16 or float32.")
    if recipe.precision != "float32" and device == "mps":
        raise NotTrainable("Apple graphics compute in float32 here. Choose the precision float32.")
    if isinstance(recipe.optimizer, LBFGS) and (recipe.accumulate > 1 or recipe.precision == "float16"):
        raise NotTrainable("LBFGS measures a batch several times; it needs accumulate 1 and not float16.")
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)  # averages of gradients that stay 0 shrink to numbers that slow a CPU down by half
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it, matrices on a card may differ
    torch.use_deterministic_algorithms(recipe.deterministic)
    if device.startswith("cuda"):
        torch.cuda.set_device(device)


def refuse_too_large(source: Source, recipe: Recipe) -> None:
    """Build the network without any memory first, to know how much it would need. Raises NotTrainable."""
    with torch.device("meta"):
        planned = build(replace(source, pretrained=()))
    learned = sum(weight.numel() for weight in planned.parameters() if weight.requires_grad)
    fixed = sum(weight.numel() for weight in planned.parameters()) - learned
    need, room = BYTES_OF_NUMBER * (fixed + learned * (2 + recipe.optimizer.kept)), machine_memory()
    if room is not None and need > room:
        raise NotTrainable(
            f"The weights of the network and what training them takes need {need:,} bytes of memory, "
            f"and this machine has {room:,}. Make the blocks with the most parameters smaller."
        )


def optimizer_for(settings: Optimizer, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """PyTorch's optimizer, computing all weights in one pass where it can."""
    kind, options = getattr(torch.optim, settings.kind()), settings.values()
    quick = {settings.in_one_pass: True} if settings.in_one_pass else {}
    try:
        return _made(kind, parameters, {**options, **quick})
    except RuntimeError:  # some cannot do so on every device
        return _made(kind, parameters, options)


def _made(kind: Any, parameters: list[nn.Parameter], options: dict[str, Any]) -> torch.optim.Optimizer:
    optimizer: torch.optim.Optimizer = kind(parameters, **options)
    return optimizer


def random_state(device: str) -> dict[str, torch.Tensor | None]:
    """Where chance stands, on the CPU and on the device."""
    on_device = None
    if device.startswith("cuda"):
        on_device = torch.cuda.get_rng_state(device)
    elif device == "mps":
        on_device = torch.mps.get_rng_state()
    return {"cpu": torch.get_rng_state(), "device": on_device}


def restore_random_state(device: str, state: dict[str, torch.Tensor | None]) -> None:
    """Let chance go on from there."""
    if state["cpu"] is not None:
        torch.set_rng_state(state["cpu"])
    if (kept := state["device"]) is not None:
        if device.startswith("cuda"):
            torch.cuda.set_rng_state(kept, device)
        elif device == "mps":
            torch.mps.set_rng_state(kept)

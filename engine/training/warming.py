"""What a fresh process does once, so that the first real step is as quick as the second."""

from __future__ import annotations

import platform

import numpy
import torch
from torch import nn

import engine.training.trainer  # loaded here, so that the first Train need not wait for it
from engine.events import Ready

__all__ = ["engine", "warm_up"]


def warm_up() -> Ready:
    """Make one step with a toy network on every device, and say what there is."""
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    for device in devices:
        _one_step(device)
    names = [platform.processor() or platform.machine(), *([torch.cuda.get_device_name()] if len(devices) > 1 else [])]
    versions = {"python": platform.python_version(), "torch": str(torch.__version__), "numpy": numpy.__version__}
    return Ready(versions, tuple(devices), tuple(names))


def _one_step(device: str) -> None:
    toy = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 2)).to(
        device
    )
    loss = nn.functional.cross_entropy(
        toy(torch.zeros(4, 1, 8, 8, device=device)), torch.zeros(4, device=device).long()
    )
    torch.autograd.backward(loss)
    torch.optim.Adam(toy.parameters(), fused=True).step()

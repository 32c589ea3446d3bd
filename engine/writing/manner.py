"""The manners in which a network can be written, all of them with the same weights under the same names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How code is written where PyTorch offers several ways."""

    functional: bool = False
    """Call what learns nothing through torch.nn.functional instead of keeping a module for it."""
    loops: bool = False
    """Write repeated groups as nn.ModuleList with a loop instead of nn.Sequential."""
    sequential: bool = False
    """Write everything as nested nn.Sequential, without a `forward`."""


MODULE = Manner()
FUNCTIONAL = Manner(functional=True)
MODULE_LIST = Manner(loops=True)
SEQUENTIAL = Manner(sequential=True)


class NotSequential(Exception):
    """The drawing is no chain, so nn.Sequential cannot hold it; the text says where and why."""

"""What every block makes of a batch, inside groups as well: the network runs as it is, and its calls are followed.

The profile function of Python sees each call of a `forward` and what it gives. In the `forward` of the network's own
text the variables are the blocks; elsewhere, in a chain for example, what a module gives belongs to the block whose
line made the module. Nothing is put into the network, so that nothing can stay behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from engine.insight.scene import Scene
from engine.lower import Source
from engine.model import ANSWER, FILE, build

Profile = Callable[[FrameType, str, Any], None]


def shown_values(scene: Scene, inputs: torch.Tensor, blocks: Sequence[str]) -> tuple[dict[str, torch.Tensor], Any]:
    """One tensor for each block that gives one, the first of several, and what the network gives.

    While all blocks are outermost ones the network tells its variables itself, which costs less than following it.
    """
    inside = any("/" in block for block in blocks)
    seen = values_of(scene, inputs, blocks) if inside else scene.values(inputs)
    called = scene.source.lines.values()
    if not inside and any(block not in seen and block in called for block in blocks):
        seen = values_of(scene, inputs, blocks)
    found = ((block, _tensor(seen.get(block))) for block in blocks)
    return {block: value for block, value in found if value is not None}, seen[ANSWER]


def _tensor(value: Any) -> torch.Tensor | None:
    if isinstance(value, tuple | list):
        value = next((part for part in value if isinstance(part, torch.Tensor)), None)
    return value if isinstance(value, torch.Tensor) else None


def values_of(scene: Scene, inputs: torch.Tensor, blocks: Iterable[str]) -> dict[str, Any]:
    """What some blocks make of a batch, by path: `stage1/conv2`; what the network gives stands under `ANSWER`.

    Blocks that are not called are left out. Of a repeated group's copies, and of calls that share weights inside one
    block, the last one counts. A block with several outputs gives a tuple of them.
    """
    if scene not in _MAKERS:
        _MAKERS[scene] = _makers(scene.network, scene.source)
    following = _Following(_MAKERS[scene], scene.source.lines, frozenset(blocks))
    with _profiled(following):
        answer = scene.network(inputs)
    return {**following.values, ANSWER: answer}


_MAKERS: WeakKeyDictionary[Scene, Mapping[int, str]] = WeakKeyDictionary()
"""For each scene its modules, by identity, with the path on the line that makes each."""


@dataclass(frozen=True)
class _Call:
    """A `forward` that runs: its frame, the path of its block, and the path on the line that made its module."""

    frame: FrameType
    path: str
    maker: str


class _Following:
    """A profile function that keeps what the wanted blocks give."""

    def __init__(self, makers: Mapping[int, str], lines: Mapping[int, str], wanted: frozenset[str]) -> None:
        self.values: dict[str, Any] = {}
        self._makers, self._lines, self._wanted = makers, lines, wanted
        self._calls: list[_Call] = []

    def __call__(self, frame: FrameType, event: str, given: Any) -> None:
        """Python calls this whenever a function begins or ends."""
        if event == "call" and frame.f_code.co_name == "forward":
            maker = self._makers.get(id(frame.f_locals.get("self")))
            if maker is not None:
                self._calls.append(_Call(frame, self._path(maker), maker))
        elif event == "return" and self._calls and self._calls[-1].frame is frame:
            self._keep(self._calls.pop(), given)

    def _path(self, maker: str) -> str:
        """Where the block lies whose module is called now."""
        if not self._calls:
            return ""
        caller = self._calls[-1]
        if caller.frame.f_code.co_filename == FILE:
            line = self._lines.get(caller.frame.f_lineno, "")
            return _below(caller.path, line.rpartition("/")[2])
        # A chain calls its blocks, and a repeated group its copies, which the same line makes.
        return caller.path if maker == caller.maker else _below(caller.path, maker.rpartition("/")[2])

    def _keep(self, call: _Call, given: Any) -> None:
        if call.path in self._wanted:
            self.values[call.path] = given
        if call.frame.f_code.co_filename == FILE:
            seen = ((_below(call.path, name), value) for name, value in call.frame.f_locals.items())
            self.values.update((path, value) for path, value in seen if path in self._wanted)


def _below(group: str, name: str) -> str:
    return f"{group}/{name}" if group and name else group or name


@contextmanager
def _profiled(profile: Profile) -> Iterator[None]:
    """This thread tells its calls for a while; whoever was told before is told again afterwards."""
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


def _makers(network: nn.Module, source: Source) -> dict[int, str]:
    """For each module, by identity, the path on the line of the text that makes it; the network itself has none.

    A twin is made on the meta device, which needs neither memory nor chance, to see which line makes what.
    """
    made: dict[int, str] = {}

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is nn.Module.__init__.__code__:
            module = frame.f_locals["self"]
            made[id(module)] = source.lines.get(_line(frame, module), "")

    with torch.device("meta"), _profiled(profile):
        twin = build(replace(source, pretrained=()))
    owners = {name: made.get(id(module), "") for name, module in twin.named_modules()}
    return {id(module): owners.get(name, "") for name, module in network.named_modules()}


def _line(frame: FrameType, module: nn.Module) -> int:
    """The line of the network's text that makes a module whose `__init__` runs."""
    above = frame.f_back
    while above is not None:
        if above.f_code.co_filename == FILE and above.f_locals.get("self") is not module:
            return above.f_lineno
        above = above.f_back
    return 0

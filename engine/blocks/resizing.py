"""Blocks that add a border to a tensor, and blocks that stretch and shrink it."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import Reach, SetValues, Shape, ShapeError, needs_rank, setting_text
from engine.blocks.operation import Operation
from engine.program import Call, Variable, call
from engine.settings import param

MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact")
RANK_OF_MODE = {"linear": 2, "bilinear": 3, "bicubic": 3, "trilinear": 4}
"""How many dimensions an example has for the modes that suit only one number of them."""
MODE_OF_RANK = {2: "linear", 3: "bilinear", 4: "trilinear"}
SPAN = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}


class Pad(Operation):
    """Adds a border: a constant number, a reflection, the edge again, or the other side.

    Formula: y[i] = x[i - before], and the border outside
    Out: a tensor whose last dimensions have grown; a negative number of places cuts some off.
    Use: to keep a size through a convolution, or to make sizes even.
    Example: Pad(pad=(1, 1, 2, 2)): 3×8×8 → 3×12×10
        Pad(pad=(1, -1)): 4×9 → 4×9
    """

    family = "tensor"
    title = "Pad"
    torch_name = "F.pad"
    keywords = ("border", "margin", "zeros", "crop")
    short_name = "pad"

    pad: tuple[int, ...] = param(
        "Places before and behind: of the last dimension, then of the one before it, and so on.",
        -100_000,
        100_000,
        default=(1, 1),
        listed=True,
        required=True,
    )
    mode: str = param(
        "What the border holds.", choices=("constant", "reflect", "replicate", "circular"), default="constant"
    )
    value: float = param("The number in a constant border.", -1e9, 1e9, default=0.0)

    def shape_rule(self, input: Shape) -> Shape:
        pairs = tuple(zip(self.pad[::2], self.pad[1::2], strict=False))
        if len(self.pad) % 2:
            raise ShapeError(f"has pad={self.pad}. It needs two numbers for each dimension", *_no_border(input))
        if self.mode != "constant" and (len(pairs) > 3 or len(input) not in (len(pairs), len(pairs) + 1)):
            raise ShapeError(
                f"has mode={self.mode!r} for {len(pairs)} dimensions, which needs an example with "
                f"{min(len(pairs), 3)} or {min(len(pairs), 3) + 1}",
                SetValues((("mode", "constant"),), "Set mode to 'constant'"),
                *_no_border(input),
            )
        if len(pairs) > len(input) and (len(pairs) > len(input) + 1 or pairs[-1] != (0, 0)):
            raise ShapeError(
                f"pads {len(pairs)} dimensions, but the example has {len(input)}. It needs two numbers for each",
                *_no_border(input),
            )
        inner = [self._side(size, *pair) for size, pair in zip(reversed(input), pairs, strict=False)]
        return *input[: len(input) - len(inner)], *reversed(inner)

    def apply(self, me: str, *tensors: Variable) -> Call:
        options: dict[str, Any] = {"mode": self.mode} if self.mode != "constant" else {}
        if self.mode == "constant" and self.value:
            options["value"] = self.value
        return call("F.pad", *tensors, self.pad, **options)

    def key_settings(self) -> str:
        return ", ".join(map(str, self.pad))

    def _side(self, size: int, before: int, behind: int) -> int:
        """The size of one dimension afterwards. Raises ShapeError."""
        constant = SetValues((("mode", "constant"),), "Set mode to 'constant'")
        most = {"reflect": size - 1, "circular": size}.get(self.mode)
        if most is not None and max(before, behind) > most:
            raise ShapeError(
                f"has a border of {max(before, behind)} with mode={self.mode!r}, "
                f"which needs a size of at least {max(before, behind) + size - most}",
                constant,
                mismatch=f"{max(before, behind)} > {most}",
            )
        kept = size + min(before, 0) + min(behind, 0)
        if size + before + behind < 1 or (kept < 0 and self.mode in ("constant", "circular")):
            raise ShapeError(
                f"cuts off {-min(before, 0) - min(behind, 0)} of {size} places. It needs something left",
                SetValues((("pad", (0, 0)),), "Set pad to 0"),
            )
        return size + before + behind


class Interpolate(Operation):
    """Stretches or shrinks a picture, a sequence or a volume to another size.

    Formula: nearest repeats numbers, linear and cubic modes blend neighbours, area averages
    In: channels and one, two or three dimensions.
    Out: the same channels in the new size.
    Use: to bring a small map back to the size of a larger one, as decoders do.
    Example: Interpolate(scale_factor=(2.0,)): 16×8×8 → 16×16×16
        Interpolate(size=(7, 5), scale_factor=None, mode="bilinear"): 3×32×32 → 3×7×5
    """

    family = "tensor"
    title = "Interpolate"
    torch_name = "F.interpolate"
    accepts = "C×H×W"
    keywords = ("resize", "upsample", "downsample", "scale", "zoom")
    short_name = "interpolate"

    size: tuple[int, ...] | None = param(
        "The new size of each side, or one for all; None takes scale_factor.", 1, 100_000, default=None, kind=int,
        listed=True, optional=True,
    )  # fmt: skip
    scale_factor: tuple[float, ...] | None = param(
        "How much larger each side becomes, or one for all.", 1e-6, 1e5, default=(2.0,), listed=True, optional=True
    )
    mode: str = param("How numbers in between are found.", choices=MODES, default="nearest")
    align_corners: bool | None = param(
        "Let the corners of both sizes lie on each other; only for linear and cubic modes.", default=None, kind=bool,
        optional=True, rare=True,
    )  # fmt: skip
    antialias: bool = param("Smooth first when shrinking; only bilinear and bicubic.", default=False, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        self._check_mode(input)
        if (self.size is None) == (self.scale_factor is None):
            raise ShapeError("needs either size or scale_factor, and not both", *self._one_of_both())
        given: tuple[float, ...] = self.size or self.scale_factor or ()
        if len(given) not in (1, len(input) - 1):
            name = "size" if self.size else "scale_factor"
            raise ShapeError(
                f"has {len(given)} entries in {name}. It needs one, or one for each of {len(input) - 1} sides",
                SetValues(((name, given[:1]),), f"Set {name} to {given[0]:g}"),
            )
        sides = given * (len(input) - 1) if len(given) == 1 else given
        if self.size is not None:
            return input[0], *map(int, sides)
        return input[0], *(self._scaled(old, factor) for old, factor in zip(input[1:], sides, strict=True))

    def apply(self, me: str, *tensors: Variable) -> Call:
        changed = {name: value for name, value in self.values().items() if value not in (None, False)}
        single = {n: v[0] for n, v in changed.items() if isinstance(v, tuple) and len(v) == 1}
        if self.align_corners is False:
            single["align_corners"] = False
        if self.mode == "nearest":
            del changed["mode"]
        return call("F.interpolate", *tensors, **{**changed, **single})

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        pairs = zip(input[1:], self.shape_rule(input)[1:], strict=True)
        strides = [max(1, round(old / new)) for old, new in pairs]
        return tuple(Reach(stride if self.mode == "area" else SPAN.get(self.mode, 1), stride) for stride in strides)

    def key_settings(self) -> str:
        if self.size is not None:
            return setting_text(self.size)
        return "·" + "×".join(f"{factor:g}" for factor in self.scale_factor or ())

    def _check_mode(self, input: Shape) -> None:
        needs_rank(input, (2, 3, 4), "channels and one, two or three dimensions")
        rank = RANK_OF_MODE.get(self.mode)
        if rank is not None and rank != len(input):
            raise ShapeError(
                f"has mode={self.mode!r}, which needs an example with {rank} dimensions",
                SetValues((("mode", MODE_OF_RANK[len(input)]),), f"Set mode to {MODE_OF_RANK[len(input)]!r}"),
                SetValues((("mode", "nearest"), ("align_corners", None)), "Set mode to 'nearest'"),
            )
        if rank is None and self.align_corners is not None:
            raise ShapeError(
                f"has align_corners with mode={self.mode!r}. It needs a linear or cubic mode for that",
                SetValues((("align_corners", None),), "Leave align_corners to PyTorch"),
            )
        if self.antialias and self.mode not in ("bilinear", "bicubic"):
            raise ShapeError(
                f"has antialias with mode={self.mode!r}. It needs bilinear or bicubic for that",
                SetValues((("antialias", False),), "Turn antialias off"),
            )

    def _one_of_both(self) -> tuple[SetValues, ...]:
        if self.size is None:
            return (SetValues((("scale_factor", (2.0,)),), "Set scale_factor to 2"),)
        return SetValues((("scale_factor", None),), "Go by size"), SetValues((("size", None),), "Go by scale_factor")

    def _scaled(self, old: int, factor: float) -> int:
        new = int(old * factor)
        if new < 1:
            raise ShapeError(
                f"shrinks {old} to nothing. It needs a larger scale_factor",
                SetValues((("scale_factor", (1.0,)),), "Set scale_factor to 1"),
            )
        return new


def _no_border(input: Shape) -> tuple[SetValues, ...]:
    """The repair that leaves the shape alone; an example of one number has no dimension for it."""
    return (SetValues((("pad", (0, 0)),), "Set pad to 0"),) if input else ()

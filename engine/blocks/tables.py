"""Tables of fixed numbers, and rows that are looked up in a tensor."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from engine.blocks.base import BYTES_OF_ID, Ids, Saved, SetValues, Shape, ShapeError, elements, setting_text
from engine.blocks.number_code import tensor_code
from engine.blocks.number_parser import LONGEST, parsed
from engine.blocks.number_text import BadNumbers, numbers
from engine.blocks.operation import Operation
from engine.program import Call, Statement, Variable, call
from engine.settings import param


class Buffer(Operation):
    """A table of fixed numbers that training leaves alone and that is saved with the weights.

    Numbers stand one behind the other: `1 2 3`. `0*7` is seven zeros, `(0*7 1)*2` is sixteen numbers, `0:7` counts from
    0 to 6, `0:91:13` in steps of 13. `0:20:10 + 0:2` adds each number of the one to each of the other, and
    `(1 2 3 4)[1 0]` picks rows: 3 4 1 2.

    Formula: y = the table
    In: nothing.
    Out: the table for each example; with dtype int64 whole numbers, such as places for an IndexSelect.
    Use: for positions, masks and places that are known beforehand.
    Example: Buffer(shape=(2, 2), data="0 1 1 0"): → 2×2
        Buffer(shape=(4,), data="3:-1:-1", dtype="int64"): → ids 4
    """

    family = "tensor"
    title = "Buffer"
    torch_name = "nn.Buffer"
    accepts = "nothing"
    keywords = ("table", "constant", "fixed", "register_buffer", "mask", "positions")
    short_name = "buffer"
    inputs = ()
    from_batch = True
    ids = "decides"
    saves = ("view",)

    shape: tuple[int, ...] = param("The size of the table.", 1, 1_000_000, default=(1,), listed=True, required=True)
    data: str = param("Its numbers, one row after the other: 1 2 3, 0*7, 0:7.", default="0", kind=str, required=True)
    dtype: str = param(
        "What kind of numbers they are: real numbers, or whole ones such as places in another tensor.",
        choices=("float32", "int64"),
        default="float32",
    )
    persistent: bool = param("Whether it is saved with the weights.", default=True, rare=True)

    def __post_init__(self) -> None:
        """Bring the numbers into their usual spelling, where they have one; raises ValueError for a text too long."""
        super().__post_init__()
        if len(self.data) > LONGEST:
            raise ValueError(f"data must be a text of at most {LONGEST:,} characters, not of {len(self.data):,}")
        try:
            object.__setattr__(self, "data", str(parsed(self.data)))
        except BadNumbers:  # the shape rule tells people
            return

    def shape_rule(self) -> Shape:
        wanted = prod(self.shape)
        zeros = SetValues((("data", f"0*{wanted}"),), "Fill it with zeros")
        try:
            found = numbers(parsed(self.data))
        except BadNumbers as error:
            raise ShapeError(f"has data that cannot be read: {error}. It needs {wanted:,} numbers", zeros) from None
        if len(found) != wanted:
            listed = SetValues((("shape", (len(found),)),), f"Set shape to {len(found)}")
            raise ShapeError(f"has {len(found):,} numbers. Its shape needs {wanted:,}", listed, zeros)
        if self.dtype == "float32":
            return self.shape
        if not all(type(value) is int and abs(value) < 2**63 for value in found):
            real = SetValues((("dtype", "float32"),), "Set dtype to float32")
            raise ShapeError("has numbers that are not whole. With dtype=int64 it needs whole ones", real)
        return Ids(self.shape)

    def layer(self) -> Call:
        table = Variable(tensor_code(parsed(self.data), self.shape, self.dtype == "int64"))
        options = () if self.persistent else (("persistent", False),)
        return Call(self.torch_name, (table,), options, ("data",), (("persistent", True),))

    def apply(self, me: str, *tensors: Variable) -> Call:
        (batch,) = tensors
        return call(f"self.{me}.expand", Variable(f"{batch}.shape[0]"), *(-1 for _ in self.shape))

    def buffers(self) -> Mapping[str, Shape]:
        if not self.persistent:
            return {}
        return {"": self.shape if self.dtype == "float32" else Ids(self.shape)}

    def key_settings(self) -> str:
        return setting_text(self.shape)


class IndexSelect(Operation):
    """Looks rows of a tensor up: the index says which row comes at each place.

    Formula: y[n, i, …] = x[n, index[n, i], …]
    In: rows of any shape, and places from 0 to the number of rows - 1.
    Out: one row for each place.
    Use: to look learned positions up by a Buffer of places, or to bring rows into another order.
    Example: IndexSelect(): 169×3, ids 2401 → 2401×3
        IndexSelect(): 5, ids 2 → 2
    """

    family = "tensor"
    title = "Index select"
    torch_name = "torch.index_select"
    accepts = "rows, ids"
    keywords = ("gather", "lookup", "take", "pick", "rows", "getitem", "position bias")
    short_name = "index_select"
    inputs = ("input", "index")
    ids = "decides"

    def shape_rule(self, input: Shape, index: Shape) -> Shape:
        if not isinstance(index, Ids):
            raise ShapeError("looks places up, so its index needs whole numbers, such as a Buffer with dtype=int64",
                             mismatch="not ids")  # fmt: skip
        if not input:
            raise ShapeError("needs rows: an input with at least one dimension")
        if len(index) != 1:
            raise ShapeError("needs its places in one list: an index of one dimension")
        found = (*index, *input[1:])
        return Ids(found) if isinstance(input, Ids) else found

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        rows, index = tensors
        example = call("torch.arange", Variable(f"{index}.shape[0]"), device=Variable(f"{index}.device"))
        return (Statement(results[0], Variable(f"{rows}[{example}.unsqueeze(1), {index}]")),)

    def saved(self, input: Shape, index: Shape) -> tuple[Saved, ...]:
        """The places alone are kept, beside the numbers of the examples."""
        return ()

    def saved_besides(self, batch: int, input: Shape, index: Shape) -> int:
        return batch * BYTES_OF_ID * (1 + elements(index))

    def reach(self, input: Shape, index: Shape) -> None:
        return None

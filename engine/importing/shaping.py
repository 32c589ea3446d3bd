"""Functions and methods that rearrange, take or join: as blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import fx

from engine.importing.frames import End, layout
from engine.importing.layouts import CannotDraw
from engine.importing.looking_up import looked_up, rows_of_each, rows_selected
from engine.importing.steps import Step

Ends = list[End]
MOST = 16
"""How many tensors one block joins."""


def same(step: Step) -> Ends:
    """Steps that change nothing in a drawing, such as contiguous()."""
    return [step.end(step.first)]


def rearranged(step: Step) -> Ends:
    """view, reshape, squeeze and the like: the same numbers in the same order."""
    step.input.rearranges_to(step.result)
    return [step.reshaped(step.end(step.first), step.result.shape)]


def flattened(step: Step) -> Ends:
    """flatten, as the block of that name where the batch is in front."""
    given = step.given("input", "start_dim", "end_dim")
    start, end = given.get("start_dim", 0), given.get("end_dim", -1)
    if step.input.place != 0 or step.input.merged > 1 or start == 0:
        return rearranged(step)
    return [step.put("Flatten", step.end(step.first), start_dim=start, end_dim=end)]


def permuted(step: Step) -> Ends:
    """permute, also where it moves the batch, which the drawing keeps in front."""
    dims = step.given("input", "dims").get("dims")
    order = dims if isinstance(dims, Sequence) else step.node.args[1:]
    return [_in_order(step, [int(str(dim)) for dim in order])]


def transposed(step: Step) -> Ends:
    """transpose and t."""
    rank = len(step.input.sizes)
    given = step.given("input", "dim0", "dim1")
    one, two = (given.get(name, index) % rank for index, name in enumerate(("dim0", "dim1")))
    order = list(range(rank))
    order[one], order[two] = order[two], order[one]
    return [_in_order(step, order)]


def turned(step: Step) -> Ends:
    """x.T and x.mT."""
    rank = len(step.input.sizes)
    return [_in_order(step, [*range(rank - 2), rank - 1, rank - 2])]


def _in_order(step: Step, dims: Sequence[int]) -> End:
    order = step.input.permuted(dims)
    end = step.end(step.first)
    return end if list(order) == sorted(order) else step.put("Permute", end, dims=order)


def moved(step: Step) -> Ends:
    """movedim."""
    given, rank = step.given("input", "source", "destination"), len(step.input.sizes)
    source, target = (
        [dim % rank for dim in (where if isinstance(where, Sequence) else (where,))]
        for where in (given["source"], given["destination"])
    )
    places = dict(zip(target, source, strict=True))
    rest = iter(dim for dim in range(rank) if dim not in source)
    return [_in_order(step, [places[dim] if dim in places else next(rest) for dim in range(rank)])]


def joined(step: Step) -> Ends:
    """cat, in several blocks where there are very many tensors."""
    given = step.given("tensors", "dim")
    dim = given.get("dim", 0)
    parts = [part for part in given["tensors"] if layout(part).sizes != (0,)]
    places = {layout(part).place for part in parts}
    if len(places - {None}) > 1:
        raise CannotDraw("the batch lies in different dimensions of its inputs")
    if step.result.place is not None and None in places:
        raise CannotDraw("it joins what is alike for every example with what is not")
    ends = [step.end(part) for part in parts]
    where = step.result.axis(dim)
    while len(ends) > MOST:
        ends = [_cat(step, ends[start : start + MOST], where) for start in range(0, len(ends), MOST)]
    return [_cat(step, ends, where)]


def _cat(step: Step, ends: Ends, dim: int) -> End:
    return ends[0] if len(ends) == 1 else step.put("Concatenate", *ends, tensors=len(ends), dim=dim)


def stacked(step: Step) -> Ends:
    """stack."""
    given = step.given("tensors", "dim")
    ends = [step.end(part) for part in given["tensors"]]
    return [step.put("Stack", *ends, tensors=len(ends), dim=step.result.axis(given.get("dim", 0)))]


def chunked(step: Step) -> Ends:
    """chunk."""
    given = step.given("input", "chunks", "dim")
    dim = step.dim(given.get("dim", 0))
    return step.frame.put("Chunk", step.end(step.first), chunks=len(step.node.meta["value"]), dim=dim)


def split(step: Step) -> Ends:
    """split by one size or by several."""
    given = step.given("tensor", "split_size_or_sections", "dim")
    dim = given.get("dim", 0)
    sizes = tuple(part.shape[dim] for part in step.node.meta["value"])
    where, end = step.dim(dim), step.end(step.first)
    if len(set(sizes)) == 1 and len(sizes) <= 64:
        return step.frame.put("Split", end, split_size_or_sections=sizes[:1], parts=len(sizes), dim=where)
    return step.frame.put("Split", end, split_size_or_sections=sizes, dim=where)


def unbound(step: Step) -> Ends:
    """unbind, and taking a tensor apart by iterating over it."""
    dim = step.dim(step.given("input", "dim").get("dim", 0))
    return step.frame.put("Unbind", step.end(step.first), parts=len(step.node.meta["value"]), dim=dim)


def selected(step: Step) -> Ends:
    """select."""
    given = step.given("input", "dim", "index")
    return [step.put("Select", step.end(step.first), dim=step.dim(given["dim"]), index=given["index"])]


def narrowed(step: Step) -> Ends:
    """narrow."""
    given = step.given("input", "dim", "start", "length")
    start = given["start"]
    end = step.end(step.first)
    return [step.put("Slice", end, dim=step.dim(given["dim"]), start=start, end=start + given["length"])]


def indexed(step: Step) -> Ends:
    """x[...] with numbers, ranges, None and an ellipsis."""
    index = step.node.args[1]
    words = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(word, fx.Node | list) for word in words):
        return [looked_up(step, words)]
    taken = sum(word is not None and word is not Ellipsis for word in words)
    rest = len(step.input.sizes) - taken
    if not any(word is Ellipsis for word in words):
        words.append(Ellipsis)
    where = next(place for place, word in enumerate(words) if word is Ellipsis)
    words[where : where + 1] = [slice(None)] * rest
    return [_picked(step, words)]


def _picked(step: Step, words: Sequence[Any]) -> End:
    end, axis, gone = step.end(step.first), 0, 0
    for word in words:
        if word is None:
            continue
        if word != slice(None):
            dim = step.dim(axis) - gone
            if isinstance(word, slice):
                end = step.put("Slice", end, dim=dim, start=word.start, end=word.stop, step=word.step or 1)
            else:
                end, gone = step.put("Select", end, dim=dim, index=word), gone + 1
        axis += 1
    return step.reshaped(end, step.result.shape)


def expanded(step: Step) -> Ends:
    """expand; examples are repeated by themselves."""
    end = step.fitted(step.first, step.result)
    shape = step.result.shape
    return [end if tuple(step.frame.shapes[end]) == shape else step.put("Expand", end, sizes=shape)]


def repeated(step: Step) -> Ends:
    """repeat."""
    words = step.node.args[1:]
    times = words[0] if len(words) == 1 and isinstance(words[0], Sequence) else words
    before, after = step.input.sizes, step.result
    missing = len(after.sizes) - len(before)
    whole = [int(str(count)) for count in times]
    if after.place is not None and (step.input.place is None or whole[after.place] != 1):
        raise CannotDraw("it repeats the examples of a batch")
    end = step.reshaped(step.end(step.first), after.of((*[1] * missing, *before)))
    return [step.put("Repeat", end, repeats=tuple(whole[axis] for axis in after.labels()))]


def rolled(step: Step) -> Ends:
    """roll."""
    given = step.given("input", "shifts", "dims")
    shifts = given["shifts"] if isinstance(given["shifts"], Sequence) else (given["shifts"],)
    if given.get("dims") is None:
        raise CannotDraw("it rolls through all dimensions at once")
    return [step.put("Roll", step.end(step.first), shifts=tuple(shifts), dims=step.dims(given["dims"]))]


def flipped(step: Step) -> Ends:
    """flip."""
    given = step.given("input", "dims")
    return [step.put("Flip", step.end(step.first), dims=step.dims(given["dims"]))]


def padded(step: Step) -> Ends:
    """F.pad."""
    given = step.given("input", "pad", "mode", "value")
    pad = tuple(given["pad"])
    if not any(pad):
        return same(step)
    settings = {name: given[name] for name in ("mode", "value") if given.get(name) is not None}
    return [step.put("Pad", step.near(), pad=pad, **settings)]


def replaced(step: Step) -> Ends:
    """A tensor of which a part was changed in place: what lies before, the part, what lies behind."""
    whole, part = step.node.args[:2]
    axis, start, stop = (int(str(place)) for place in step.node.args[2:])
    dim, end, size = step.dim(axis), step.end(whole), step.input.sizes[axis]
    sizes = (*step.input.sizes[:axis], stop - start, *step.input.sizes[axis + 1 :])
    ends = [step.put("Slice", end, dim=dim, end=start)] if start else []
    ends.append(step.reshaped(step.end(part), step.input.of(sizes)))
    ends += [step.put("Slice", end, dim=dim, start=stop)] if stop < size else []
    return [_cat(step, ends, dim)]


def copied(step: Step) -> Ends:
    """copy_: another tensor in the shape of this one."""
    end = step.fitted(step.node.args[1], step.result)
    shape = step.result.shape
    return [end if tuple(step.frame.shapes[end]) == shape else step.put("Expand", end, sizes=shape)]


SHAPING: Mapping[str, Callable[[Step], Ends]] = {
    **dict.fromkeys(("contiguous", "clone", "requires_grad"), same),
    **dict.fromkeys(("view", "reshape", "unsqueeze", "squeeze", "unflatten", "view_as", "reshape_as"), rearranged),
    "flatten": flattened,
    "permute": permuted,
    **dict.fromkeys(("transpose", "t", "swapaxes", "swapdims"), transposed),
    **dict.fromkeys(("T", "mT"), turned),
    **dict.fromkeys(("movedim", "moveaxis"), moved),
    **dict.fromkeys(("repeat", "tile"), repeated),
    **dict.fromkeys(("cat", "concat", "concatenate"), joined),
    "stack": stacked,
    "chunk": chunked,
    "split": split,
    "unbind": unbound,
    "select": selected,
    "narrow": narrowed,
    "getitem": indexed,
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), expanded),
    "roll": rolled,
    "flip": flipped,
    "pad": padded,
    "put_back": replaced,
    "copy": copied,
    "index_select": rows_selected,
    "rows_of_each_example": rows_of_each,
}
"""Functions and methods by their names."""

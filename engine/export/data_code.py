"""The data sets as Python text: read from a file or computed, with the very numbers that the program trains on.

The text of each function is taken from `engine/data` as it stands there; only how they are called is written here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from textwrap import fill

from engine.blocks.base import Ids
from engine.export.pieces import WIDTH, Piece, call_text
from engine.export.style import CannotExport
from engine.recipes.data_sets import DATA_SETS, Call, DataSet, Mnist, Source
from engine.recipes.data_sets.pictures import MNIST_MEAN, MNIST_SPREAD
from engine.recipes.split import Split

ARRAYS = ("import numpy as np", "import torch", "from torch.utils.data import TensorDataset")
ALONE = ("files", "points", "lines", "tables", "drawings", "parting")
"""The files of `engine/data` whose functions stand alone: they need nothing but numpy and PyTorch."""

FILES: Mapping[type[DataSet], str] = {
    kind: source.file for kind in DATA_SETS.values() if (source := kind().source) and source.file
}
"""The data sets that are read from a bundled file, and what it is called."""


def data_piece(data: DataSet, split: Split | None = None) -> Piece:
    """The text with `load_data`, which gives the training part and what it is tested with. Raises CannotExport."""
    source, split = data.source, split or Split()
    if source is None or source.train.file not in ALONE:
        raise CannotExport(f"A training program for {data.title} cannot be written yet. Choose another data set.")
    texts = [*_missing(source), _loading(data, source, split), _dataset_text(data, source), *_parting(data, split)]
    texts += [_function(call) for call in _functions(data, source, split)]
    text = "\n\n\n".join(part.strip("\n") for part in texts)
    return Piece(text, _imports(text), f"{data.title}. {data.summary()}")


def _imports(text: str) -> tuple[str, ...]:
    needed = [line for line in ARRAYS if line != "import numpy as np" or "np." in text]
    return (*needed, "from pathlib import Path") if "Path(" in text else tuple(needed)


def _loading(data: DataSet, source: Source, split: Split) -> str:
    """The function `load_data`."""
    path = f'path="{source.file}"' if source.file else ""
    title = f"{data.title}: {_counts(data, split)}".replace("×", "x")
    head = [f"def load_data({path}):", *_docstring(title)]
    if source.file:
        head += ["    if not Path(path).exists():", "        raise SystemExit(MISSING.format(path=path))"]
    return "\n".join((*head, *_parts(data, source, split)))


def _parts(data: DataSet, source: Source, split: Split) -> Iterator[str]:
    """The lines that draw or read the parts, share them out and normalise them."""
    yield from _drawn(source, source.train, "train")
    validation = split.counts(data).validation
    if source.cut is not None:
        if not validation:
            yield f"    test = TensorDataset(*train[{source.cut}:])"
        yield f"    train = TensorDataset(*train[:{min(source.cut, data.train_examples)}])"
    elif data.test_examples and validation:
        pass
    elif source.test == source.train:
        yield "    test = train  # the whole is learned, so the test set is the same"
    elif source.test:
        yield from _drawn(source, source.test, "test")
    else:
        rest = "_" if validation else "test"
        yield f"    train, {rest} = keep_some(train, {split.counts(data).test})" + _LAST * bool(validation)
    last = "validation" if validation else "test"
    if validation:
        yield f"    train, validation = keep_some(train, {validation})"
    if data.fills_missing:
        yield f"    train, {last} = filled(train, train), filled({last}, train)"
    done = {"none": "", "usual": "usual"}.get(data.normalising, "own")
    given = {"": "train, {0}", "usual": "scaled(train), scaled({0})", "own": "scaled(train, train), scaled({0}, train)"}
    yield f"    return {given[done].format(last)}"


def _drawn(source: Source, call: Call, name: str) -> Iterator[str]:
    arguments = [f"{key}={value!r}".replace("'", '"') for key, value in call.arguments.items()]
    names = ", ".join(("inputs", "labels", *(f"_{name}" for name in source.beside)))
    yield call_text(f"{names} = {call.function}", [*(["path"] if source.file else []), *arguments], 4)
    yield f"    {name} = as_dataset(inputs, labels)"


def _dataset_text(data: DataSet, source: Source) -> str:
    """The function `as_dataset`."""
    kinds = ["int64" if whole else "float32" for whole in (isinstance(data.input_shape, Ids), data.classes)]
    lines = ["def as_dataset(inputs, labels):", '    """The arrays as tensors of the kinds that PyTorch expects."""']
    if then := source.then:
        arguments = [f"{key}={value!r}".replace("'", '"') for key, value in then.arguments.items()]
        lines.append(call_text(f"inputs = {then.function}", ["inputs", *arguments], 4))
    for name, kind in zip(("inputs", "labels"), kinds, strict=True):
        lines.append(f"    {name} = torch.from_numpy({name}).to(torch.{kind})")
    return "\n".join((*lines, "    return TensorDataset(inputs, labels)"))


def _parting(data: DataSet, split: Split) -> Iterator[str]:
    """The functions that share out, fill and normalise, as far as they are needed."""
    if not data.test_examples or split.validation:
        yield Template(_KEEP_SOME).substitute(stratified=split.stratified, seed=split.seed)
    if data.fills_missing:
        yield _FILLED
    if data.normalising == "usual" and isinstance(data, Mnist):
        yield Template(_USUAL).substitute(mean=MNIST_MEAN, spread=MNIST_SPREAD)
    elif data.normalising != "none":
        yield Template(_SCALED).substitute(how=data.normalising)


def _functions(data: DataSet, source: Source, split: Split) -> Iterator[Call]:
    """Every function of `engine/data` that the text needs, once."""
    yield source.train
    if source.then:
        yield source.then
    if not data.test_examples or split.validation:
        yield Call("parting", "keep_back")
    if data.fills_missing:
        yield Call("parting", "column_means")
    if data.normalising not in ("none", "usual"):
        yield Call("parting", "offset_and_scale")


def _function(call: Call) -> str:
    """A function as it stands in its file, without what it says about types."""
    text = _text(call.file)
    (node,) = (
        node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == call.function
    )
    lines = text.splitlines()[node.body[0].lineno - 1 : node.end_lineno]
    return "\n".join((f"def {node.name}({', '.join(argument.arg for argument in node.args.args)}):", *lines))


@cache
def _text(file: str) -> str:
    return files("engine").joinpath("data", f"{file}.py").read_text("utf-8")


def _counts(data: DataSet, split: Split) -> str:
    counts = split.counts(data)
    check = f"{counts.validation:,} to check with" if counts.validation else f"{counts.test:,} to test with"
    return f"{counts.train:,} examples to learn from and {check}."


def _docstring(sentence: str) -> list[str]:
    if len(sentence) + 10 <= WIDTH:
        return [f'    """{sentence}"""']
    margin = "    "
    return [fill(f'"""{sentence}', WIDTH, initial_indent=margin, subsequent_indent=margin), f'{margin}"""']


def _missing(source: Source) -> Iterator[str]:
    """What the program says where its file is missing."""
    if source.file:
        yield Template(_MISSING).substitute(other=_ELSEWHERE.get(source.file, ""))


_LAST = "  # to test with at the very end"

_MISSING = '''
MISSING = """{path} is not there. Layerloom has the file in its folder resources/data:
copy it here, or give its place.$other"""
'''

_ELSEWHERE: Mapping[str, str] = {
    "mnist.npz": """ It can also be made with torchvision:

import numpy
from torchvision.datasets import MNIST

train, test = MNIST(".", train=True, download=True), MNIST(".", train=False)
numpy.savez_compressed(
    "mnist.npz",
    x_train=train.data, y_train=train.targets, x_test=test.data, y_test=test.targets,
)""",
    "digits8x8.npz": """ It can also be made with scikit-learn:

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
numpy.savez_compressed(
    "digits8x8.npz", x=digits.images.astype("uint8"), y=digits.target.astype("uint8")
)""",
}

_KEEP_SOME = '''
def keep_some(data, count):
    """Keep so many examples back; the same ones each time."""
    labels = data.tensors[1].numpy()
    parts = keep_back(labels, count, stratified=$stratified, seed=$seed)
    return [TensorDataset(*data[torch.from_numpy(part)]) for part in parts]
'''

_FILLED = '''
def filled(data, train):
    """Put the means of the training part where a number is missing."""
    inputs, labels = data.tensors
    means = torch.from_numpy(column_means(train.tensors[0].numpy()))
    return TensorDataset(torch.where(inputs.isnan(), means, inputs), labels)
'''

_SCALED = '''
def scaled(data, train):
    """Bring all columns or channels to one size, with figures of the training part."""
    inputs, labels = data.tensors
    offset, scale = offset_and_scale(train.tensors[0].numpy(), how="$how")
    inputs = (inputs - torch.from_numpy(offset)) / torch.from_numpy(scale)
    return TensorDataset(inputs, labels)
'''

_USUAL = '''
MEAN, SPREAD = $mean, $spread  # of all pixels of MNIST


def scaled(data):
    """Take the mean away and divide by the spread."""
    inputs, labels = data.tensors
    return TensorDataset((inputs - MEAN) / SPREAD, labels)
'''

"""Pictures in a folder of the user, as torchvision keeps them there; torchvision also fetches them where wished.

What was published as plain numbers is read as such. The files of CIFAR in Python's own format could run any program
when they are opened, so they are opened only if their sums (MD5) are those that torchvision knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cost.machine_memory import machine_memory
from engine.data.original_formats import BROKEN, read_cifar, read_idx, read_mat
from engine.data.own_loading import BYTES_OF_NUMBER, MEMORY_SHARE, WHITE
from engine.own_data.findings import DataProblem, short
from engine.recipes.data_sets.torchvision_sets import CIFAR10, CIFAR100, EMNIST, SVHN, InFolder
from engine.torch_setup import import_torchvision

Pixels = NDArray[np.uint8]
Loaded = tuple[NDArray[np.float32], NDArray[np.int64]]

PARTS = ("train", "test")
IDX_NAMES = {"train": "train", "test": "t10k"}
CIFAR_FOLDERS = {CIFAR10: ("cifar-10-batches-bin", "cifar-10-batches-py"),
                 CIFAR100: ("cifar-100-binary", "cifar-100-python")}  # fmt: skip


class _Missing(Exception):
    """Files that are not there, by the name of the first."""


def folder_parts(data: InFolder) -> tuple[Loaded, Loaded]:
    """The part to learn from and the part to test with, pixels from 0 to 1. Raises DataProblem with a sentence."""
    if not data.folder:
        raise DataProblem(f"{data.title}: choose first the folder where its files lie, or go when they are downloaded.")
    folder = Path(data.folder).expanduser()
    _check_room(data)
    try:
        parts = [_read(data, folder, part) for part in PARTS]
    except _Missing as missing:
        raise DataProblem(_what_to_do(data, folder, str(missing))) from None
    train, test = (_checked(data, *part) for part in parts)
    return (train[0][: data.examples], train[1][: data.examples]), test


def fetch_missing(data: InFolder) -> None:
    """Download what is not there, if that is wished; only training does so, never a look. Raises DataProblem."""
    if not data.download or not data.folder:
        return
    folder = Path(data.folder).expanduser()
    try:
        for part in PARTS:
            _read(data, folder, part)
    except _Missing:
        _fetch(data, folder)


def _check_room(data: InFolder) -> None:
    count = data.train_examples + data.test_examples
    need, room = BYTES_OF_NUMBER * count * int(np.prod(data.input_shape)), machine_memory()
    if room is not None and need > MEMORY_SHARE * room:
        raise DataProblem(
            f"{data.title} needs {need:,} bytes of memory, too many for this machine. Set examples lower."
        )


def _read(data: InFolder, folder: Path, part: str) -> tuple[Pixels, NDArray[Any]]:
    """Pictures (n, channels, height, width) and labels (n,) of a part. Raises _Missing and DataProblem."""
    if isinstance(data, CIFAR10 | CIFAR100):
        return _cifar(data, folder, part)
    if isinstance(data, SVHN):
        return _house_numbers(folder, part)
    head = f"emnist-{data.split}-{part}" if isinstance(data, EMNIST) else IDX_NAMES[part]
    places = (Path(data.kind(), "raw"), Path("raw"), Path("gzip"), Path())
    pictures, labels = (
        _opened(read_idx, _found(folder, places, f"{head}-{kind}-ubyte")) for kind in ("images-idx3", "labels-idx1")
    )
    if pictures.ndim != 3 or labels.ndim != 1:
        raise DataProblem(f"The files of {data.title} at {short(str(folder))} are not pictures and labels.")
    if isinstance(data, EMNIST):
        pictures = pictures.transpose(0, 2, 1)  # they were published lying on their side
    return pictures[:, None], labels.astype(np.int64) - (isinstance(data, EMNIST) and data.split == "letters")


def _found(folder: Path, places: tuple[Path, ...], name: str) -> Path:
    """The file, plain or zipped, in the first place that has it. Raises _Missing."""
    for place in places:
        for ending in ("", ".gz"):
            path = folder / place / f"{name}{ending}"
            if path.is_file():
                return path
    raise _Missing(f"{name}.gz")


def _opened(reader: Any, path: Path, *settings: Any) -> Any:
    """What a reader gives. Raises DataProblem for damaged files."""
    try:
        return reader(path, *settings)
    except BROKEN as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or "it ends too early"
        raise DataProblem(f"{short(path.name)} is damaged: {said}. Delete it and fetch it again.") from error


def _cifar(data: InFolder, folder: Path, part: str) -> tuple[Pixels, NDArray[Any]]:
    small = isinstance(data, CIFAR10)
    binary, pickled = CIFAR_FOLDERS[CIFAR10 if small else CIFAR100]
    batches = [f"data_batch_{number}.bin" for number in range(1, 6)] if part == "train" else ["test_batch.bin"]
    names = batches if small else [f"{part}.bin"]
    try:
        paths = [_found(folder, (Path(binary), Path()), name) for name in names]
    except _Missing:
        if (folder / pickled).is_dir():
            return _pickled(data, folder, part)
        raise
    found = [_opened(read_cifar, path, 1 if small else 2) for path in paths]
    return np.concatenate([pictures for pictures, _ in found]), np.concatenate([labels for _, labels in found])


def _pickled(data: InFolder, folder: Path, part: str) -> tuple[Pixels, NDArray[Any]]:
    """By torchvision, which compares the sum of every file with the one it knows before it opens any."""
    kind = getattr(import_torchvision().datasets, data.kind())
    try:
        made = kind(str(folder), train=part == "train")
    except RuntimeError as error:
        raise DataProblem(
            f"The files in {short(CIFAR_FOLDERS[CIFAR10 if isinstance(data, CIFAR10) else CIFAR100][1])} are not the "
            "original ones, and files of this format can run programs, so they are not opened. Fetch them again, or "
            "take the binary version."
        ) from error
    return made.data.transpose(0, 3, 1, 2), np.array(made.targets)


def _house_numbers(folder: Path, part: str) -> tuple[Pixels, NDArray[Any]]:
    path = folder / f"{part}_32x32.mat"
    if not path.is_file():
        raise _Missing(path.name)
    arrays = _opened(read_mat, path)
    if not {"X", "y"} <= arrays.keys() or arrays["X"].ndim != 4:
        raise DataProblem(f"{short(path.name)} is damaged: the arrays X and y are not in it. Fetch it again.")
    return arrays["X"].transpose(3, 2, 0, 1), arrays["y"].reshape(-1) % 10  # the digit 0 was published as 10


def _checked(data: InFolder, pictures: Pixels, labels: NDArray[Any]) -> Loaded:
    """Pixels from 0 to 1 and class numbers, if they are what the data set says. Raises DataProblem."""
    right = pictures.shape[1:] == data.input_shape and len(pictures) == len(labels) > 0
    if not right or labels.min() < 0 or labels.max() >= len(data.labels):
        raise DataProblem(
            f"The files of {data.title} are others than were published: {len(pictures):,} pictures of "
            f"{' × '.join(map(str, pictures.shape[1:]))} with {len(labels):,} labels. Fetch them again."
        )
    numbers = np.ascontiguousarray(pictures, np.float32)
    numbers /= WHITE
    return numbers, labels.astype(np.int64)


def _fetch(data: InFolder, folder: Path) -> None:
    """Download by torchvision, which knows where the files are and what their sums must be. Raises DataProblem."""
    sets = import_torchvision().datasets
    kind = getattr(sets, data.kind())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(StringIO()):
            if isinstance(data, SVHN):
                for url, name, total in (kind.split_list[part] for part in PARTS):
                    sets.utils.download_url(url, str(folder), name, total)
            elif isinstance(data, EMNIST):
                kind(str(folder), split=data.split, train=True, download=True)
            else:
                kind(str(folder), train=True, download=True)
    except (OSError, RuntimeError) as error:
        raise DataProblem(
            f"{data.title} could not be downloaded: {str(error).splitlines()[0] if str(error) else 'no connection'}. "
            + _what_to_do(data, folder, next(_wanted(data)))
        ) from error


def _what_to_do(data: InFolder, folder: Path, missing: str) -> str:
    return (
        f"{data.title} is not at {short(str(folder))}: {missing} is missing. Put {', '.join(_wanted(data))} there, "
        + ("or train, which downloads them." if data.download else "or turn download on.")
    )


def _wanted(data: InFolder) -> Iterator[str]:
    """Which files to put into the folder."""
    if isinstance(data, CIFAR10 | CIFAR100):
        yield f"the unpacked folder {CIFAR_FOLDERS[CIFAR10 if isinstance(data, CIFAR10) else CIFAR100][0]}"
        return
    for part in PARTS:
        if isinstance(data, SVHN):
            yield f"{part}_32x32.mat"
            continue
        head = f"emnist-{data.split}-{part}" if isinstance(data, EMNIST) else IDX_NAMES[part]
        yield f"{head}-images-idx3-ubyte.gz"
        yield f"{head}-labels-idx1-ubyte.gz"

"""Well-known data in a folder: read in the formats in which they were published, and nothing else is opened."""

from __future__ import annotations

import gzip
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data import load
from engine.data.batches import load_for
from engine.data.original_formats import BROKEN, read_cifar, read_idx, read_mat
from engine.own_data import DataProblem
from engine.recipes.data_sets import CIFAR10, CIFAR100, EMNIST, KMNIST, SVHN, FashionMNIST
from engine.recipes.data_sets.torchvision_sets import EMNIST_SPLITS, InFolder
from engine.recipes.recipe import Recipe
from engine.torch_setup import import_torchvision

KINDS: list[type[InFolder]] = [FashionMNIST, KMNIST, EMNIST, CIFAR10, CIFAR100, SVHN]
chance = np.random.default_rng(0)

Bytes = NDArray[np.uint8]


def idx(array: Bytes) -> bytes:
    """An array as an IDX file."""
    return struct.pack(f">I{array.ndim}I", 0x0800 | array.ndim, *array.shape) + array.tobytes()


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


def element(kind: int, content: bytes) -> bytes:
    if 0 < len(content) <= 4:
        return struct.pack("<HH", kind, len(content)) + content.ljust(4, b"\0")
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(name: bytes, array: Bytes, doubles: bool = False) -> bytes:
    """An array as MATLAB keeps it, packed."""
    numbers = (array.astype("<f8") if doubles else array).tobytes(order="F")
    parts = [(6, struct.pack("<II", 9, 0)), (5, np.array(array.shape, "<i4").tobytes()), (1, name),
             (9 if doubles else 2, numbers)]  # fmt: skip
    packed = zlib.compress(element(14, b"".join(element(*part) for part in parts)))
    return struct.pack("<II", 15, len(packed)) + packed


def mat(*matrices: bytes) -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + b"".join(matrices)


def grey(count: int = 24) -> tuple[Bytes, Bytes]:
    return chance.integers(0, 256, (count, 28, 28), np.uint8), (np.arange(count) % 10).astype(np.uint8)


def fill(folder: Path, data: InFolder, ending: str = ".gz") -> dict[str, tuple[Bytes, Bytes]]:
    """Write small files as they were published: what is in them, by part."""
    parts = {}
    for part in ("train", "test"):
        if isinstance(data, CIFAR10 | CIFAR100):
            parts[part] = coloured(folder, data, part)
        elif isinstance(data, SVHN):
            pictures, labels = (
                chance.integers(0, 256, (32, 32, 3, 12), np.uint8),
                np.arange(1, 13).astype(np.uint8) % 10,
            )
            labels[labels == 0] = 10
            write(
                folder / f"{part}_32x32.mat", mat(matrix(b"X", pictures), matrix(b"y", labels[:, None], part == "test"))
            )
            parts[part] = pictures.transpose(3, 2, 0, 1), labels % 10
        else:
            pictures, labels = grey()
            letters = isinstance(data, EMNIST) and data.split == "letters"
            head = f"emnist-{data.split}-{part}" if isinstance(data, EMNIST) else {"test": "t10k"}.get(part, part)
            place = folder / data.kind() / "raw"
            write(place / f"{head}-images-idx3-ubyte{ending}", idx(pictures))
            write(place / f"{head}-labels-idx1-ubyte{ending}", idx(labels + letters))
            parts[part] = (pictures.transpose(0, 2, 1) if isinstance(data, EMNIST) else pictures)[:, None], labels
    return parts


def coloured(folder: Path, data: InFolder, part: str) -> tuple[Bytes, Bytes]:
    small = isinstance(data, CIFAR10)
    names = [f"data_batch_{n}.bin" for n in range(1, 6)] if part == "train" else ["test_batch.bin"]
    names = [f"cifar-10-batches-bin/{name}" for name in names] if small else [f"cifar-100-binary/{part}.bin"]
    pictures = chance.integers(0, 256, (10 * len(names), 3, 32, 32), np.uint8)
    labels = (np.arange(len(pictures)) % len(data.labels)).astype(np.uint8)
    heads = labels[:, None] if small else np.stack([labels // 5, labels], 1)
    rows = np.concatenate([heads, pictures.reshape(len(pictures), -1)], 1)
    for number, name in enumerate(names):
        write(folder / name, rows[10 * number : 10 * number + 10].tobytes())
    return pictures, labels


SETS = [*(kind() for kind in KINDS), *(EMNIST(split=split) for split in EMNIST_SPLITS if split != "balanced")]


@pytest.mark.parametrize("data", SETS, ids=lambda data: f"{data.kind()}-{getattr(data, 'split', '')}")
def test_files_as_they_were_published_are_read(tmp_path: Path, data: InFolder) -> None:
    wanted = fill(tmp_path, data)
    tensors = load(data.changed(folder=str(tmp_path), normalise="none"))
    for part, (pictures, labels) in ((tensors.train, wanted["train"]), (tensors.test, wanted["test"])):
        assert torch.allclose(part.inputs, torch.from_numpy(np.ascontiguousarray(pictures)) / 255)
        assert part.labels.tolist() == labels.tolist() and part.inputs.shape[1:] == data.input_shape
    few = load(data.changed(folder=str(tmp_path), examples=7))
    assert len(few.train) == 7 and len(few.test) == len(wanted["test"][1])


@pytest.mark.parametrize("data", [FashionMNIST(), KMNIST(), EMNIST(split="letters")], ids=lambda data: data.kind())
def test_torchvision_reads_the_same_from_the_same_folder(tmp_path: Path, data: InFolder) -> None:
    fill(tmp_path, data, ending="")
    more = {"split": data.split} if isinstance(data, EMNIST) else {}
    theirs = getattr(import_torchvision().datasets, data.kind())(str(tmp_path), train=False, **more)
    mine = load(data.changed(folder=str(tmp_path), normalise="none")).test
    upright = theirs.data.transpose(1, 2) if isinstance(data, EMNIST) else theirs.data
    assert torch.allclose(mine.inputs[:, 0], upright / 255)
    names = [theirs.classes[label] for label in theirs.targets.tolist()]
    if isinstance(data, EMNIST):
        assert [data.labels[label] for label in mine.labels.tolist()] == names


def test_the_facts_are_those_of_torchvision() -> None:
    sets = import_torchvision().datasets
    for split in EMNIST_SPLITS:
        theirs = [name for name in sets.EMNIST.classes_split_dict[split] if name != "N/A"]
        assert list(EMNIST(split=split).labels) == theirs
    assert [name.lower() for name in sets.FashionMNIST.classes] == [name.lower() for name in FashionMNIST().labels]
    assert list(sets.KMNIST.classes) == list(KMNIST().labels)
    assert len(set(CIFAR100().labels)) == 100 and list(CIFAR100().labels) == sorted(CIFAR100().labels)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind())
def test_files_that_are_not_there_are_named_with_what_to_do(tmp_path: Path, kind: type[InFolder]) -> None:
    with pytest.raises(ValueError, match="choose first the folder"):
        load(kind())
    with pytest.raises(DataProblem, match=r"is not at .*: .* is missing\. Put .* there, or turn download on\."):
        load(kind(folder=str(tmp_path)))
    assert "Choose the folder" in kind().describe()


def test_looking_at_data_never_downloads_them(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="or train, which downloads them"):
        load(SVHN(folder=str(tmp_path / "new"), download=True))
    assert not (tmp_path / "new").exists()


def test_files_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    data = KMNIST(folder=str(tmp_path), download=True)
    fill(tmp_path, data)
    tensors, batches = load_for(Recipe(data=data), "cpu")
    assert len(tensors.train) == len(batches.labels) == 24


class Evil:
    """Would run when unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("a file was executed",))


@pytest.mark.parametrize(("kind", "place"), [(CIFAR10, "cifar-10-batches-py"), (CIFAR100, "cifar-100-python")])
def test_files_that_could_run_programs_are_not_opened_unless_they_are_the_known_ones(
    tmp_path: Path, kind: type[InFolder], place: str
) -> None:
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch", "batches.meta", "train", "test", "meta"]
    for name in names:
        write(tmp_path / place / name, pickle.dumps(Evil()))
    with pytest.raises(DataProblem, match="are not the original ones, and files of this format can run programs"):
        load(kind(folder=str(tmp_path)))


def test_other_pictures_under_a_known_name_are_refused(tmp_path: Path) -> None:
    data = KMNIST(folder=str(tmp_path))
    fill(tmp_path, data)
    raw = tmp_path / "KMNIST" / "raw"
    write(raw / "t10k-labels-idx1-ubyte.gz", idx(np.full(24, 77, np.uint8)))
    with pytest.raises(DataProblem, match="are others than were published: 24 pictures of 1 × 28 × 28 with 24 labels"):
        load(data)
    write(raw / "t10k-labels-idx1-ubyte.gz", idx(np.zeros(3, np.uint8)))
    with pytest.raises(DataProblem, match="with 3 labels"):
        load(data)
    write(raw / "t10k-images-idx3-ubyte.gz", struct.pack(">IIII", 0x0803, 2**31, 28, 28))
    with pytest.raises(DataProblem, match=r"'t10k-images-idx3-ubyte.gz' is damaged: it claims to have the size"):
        load(data)
    (raw / "t10k-images-idx3-ubyte.gz").write_bytes(b"no archive")
    with pytest.raises(DataProblem, match="is damaged: Not a gzipped file"):
        load(data)


SOUND = {
    "a.idx": idx(grey(3)[0]),
    "a.gz": gzip.compress(idx(grey(3)[0])),
    "a.bin": chance.integers(0, 256, 2 * 3073, np.uint8).tobytes(),
    "a.mat": mat(matrix(b"X", grey(3)[0]), matrix(b"y", np.arange(9, dtype=np.uint8)[:, None], True)),
}
READERS = {".idx": read_idx, ".gz": read_idx, ".bin": lambda path: read_cifar(path, 1), ".mat": read_mat}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SOUND)))
    raw = bytearray(SOUND[name])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6)):
        raw[min(place, len(raw) - 1)] = value
    path = tmp_path / name
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        READERS[path.suffix](path)
    except BROKEN as error:
        assert isinstance(error, Exception)

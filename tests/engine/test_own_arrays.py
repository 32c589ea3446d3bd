"""Files of NumPy: what their arrays mean, and no damaged or hostile file that breaks anything."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data import load
from engine.own_data import DataProblem, scan
from engine.recipes.data_sets import NumpyFile
from tests.engine.own_files import chance, folder, picture, refused, text


def arrays(path: Path, **named: Any) -> Path:
    np.savez(path, **named)
    return path


def test_arrays_with_usual_names_are_found(tmp_path: Path) -> None:
    x, y = chance.integers(0, 256, (20, 6, 5), np.uint8), np.arange(20) % 3 + 4
    data = scan(arrays(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:6], y_test=y[:6])).data_set
    assert isinstance(data, NumpyFile) and data.input_shape == (1, 6, 5) and data.labels == ("4", "5", "6")
    assert (data.train_examples, data.test_examples) == (20, 6)
    tensors = load(data.changed(normalise="none"))
    assert torch.allclose(tensors.test.inputs[:, 0], torch.from_numpy(x[:6]) / 255)
    assert tensors.test.labels.tolist() == (y[:6] - 4).tolist()


@pytest.mark.parametrize(
    ("y", "labels", "names"),
    [
        (np.array(["b", "a"] * 6), ("a", "b"), ()),
        (np.eye(3, dtype=np.float32)[np.arange(12) % 3], ("0", "1", "2"), ()),
        (np.linspace(0, 1, 12), (), ("y",)),
        (np.ones((12, 2)) * 0.5, (), ("y[0]", "y[1]")),
        (np.arange(12) % 2 == 0, ("False", "True"), ()),
        ((np.arange(12) % 2)[:, None], ("0", "1"), ()),
    ],
    ids=["words", "one hot", "values", "several values", "truths", "column"],
)
def test_targets_mean_what_they_look_like(
    tmp_path: Path, y: Any, labels: tuple[str, ...], names: tuple[str, ...]
) -> None:
    data = scan(arrays(tmp_path / "a.npz", x=chance.standard_normal((12, 4)), y=y)).data_set
    assert data.labels == labels and data.target_names == names
    train = load(data).train
    assert train.labels.dtype == (torch.int64 if labels else torch.float32) and train.labels.dim() == (
        1 if labels else 2
    )


def test_arrays_beside_each_other_and_channels_at_the_end(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", chance.standard_normal((9, 7, 5, 3)))
    np.save(tmp_path / "labels.npy", np.arange(9) % 3)
    data = scan(tmp_path / "images.npy").data_set
    assert data.input_shape == (3, 7, 5) and data.classes == 3
    assert scan(tmp_path / "images.npy", NumpyFile(layout="CHW")).data_set.input_shape == (7, 5, 3)
    assert "without a folder" in refused(tmp_path / "images.npy", NumpyFile(y="../labels.npy"))
    np.save(tmp_path / "alone.npy", np.zeros((3, 2)))
    (tmp_path / "labels.npy").unlink()
    assert "holds one array. Say with y" in refused(tmp_path / "alone.npy")


def test_bad_numbers_and_lengths_are_named(tmp_path: Path) -> None:
    x, y = chance.standard_normal((12, 4)), np.arange(12) % 2
    x[3, 1], x[7, 0] = np.nan, np.inf
    path = arrays(tmp_path / "a.npz", x=x, y=y[:10])
    said = refused(path)
    assert "2 cannot be used because an example or its target is missing: there are 12 examples and 10 targets" in said
    assert "2 cannot be used because a number is missing or infinite (NaN): example 4; example 8." in said
    found = scan(path, NumpyFile(when_bad="skip"))
    assert (found.findings.looked_at, found.findings.used) == (12, 8)


def huge(path: Path) -> Path:
    """An archive whose array says that it has a petabyte."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (2**48,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", head.getvalue())
        archive.writestr("y.npy", head.getvalue())
    return path


class Evil:
    """Would run when unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("a file was executed",))


def test_hostile_arrays_are_refused_in_words(tmp_path: Path) -> None:
    objects = arrays(tmp_path / "a.npz", x=np.array([Evil(), Evil()], dtype=object), y=np.arange(2))
    assert "holds Python objects, which is not read" in refused(objects)
    assert "bytes of memory, too many" in refused(huge(tmp_path / "b.npz"))
    assert "cannot be read as a file of NumPy" in refused(text(tmp_path / "c.npz", "no archive"))
    assert "cannot be read as a file of NumPy" in refused(text(tmp_path / "d.npy", "\x93NUMPY"))
    assert "There is no array 'z'. The file holds 'x', 'y'" in refused(
        arrays(tmp_path / "e.npz", x=np.zeros((4, 2)), y=np.arange(4) % 2), NumpyFile(x="z")
    )
    assert "It is not clear which array is x" in refused(arrays(tmp_path / "f.npz", a=np.zeros(3), b=np.zeros(3)))
    assert "holds words" in refused(arrays(tmp_path / "g.npz", x=np.array(["a", "b"]), y=np.arange(2)))
    assert "1 class" in refused(arrays(tmp_path / "h.npz", x=np.zeros((4, 2)), y=np.zeros(4, int)))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Sound files of each kind, to be damaged."""
    root = tmp_path_factory.mktemp("sound")
    np.savez_compressed(root / "a.npz", x=np.zeros((8, 3)), y=np.arange(8) % 2)
    picture(root / "a.png")
    picture(root / "a.jpg")
    picture(root / "a.tiff")
    picture(root / "a.webp")
    return {path.name: path.read_bytes() for path in root.iterdir()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(data=st.data())
def test_damaged_files_are_read_or_refused_in_words(
    tmp_path: Path, sound: dict[str, bytes], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(sound)))
    raw = bytearray(sound[name])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=6)):
        raw[place] = value
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    if name == "a.npz":
        path = tmp_path / name
        path.write_bytes(raw)
    else:
        path = tmp_path / "pictures"
        if not path.exists():
            folder(path, "a", "b", count=2)
        for old in (path / "a").glob("bad.*"):
            old.unlink()
        (path / "a" / name.replace("a.", "bad.")).write_bytes(raw)
    try:
        load(scan(path).data_set)
    except DataProblem as problem:
        assert str(problem).endswith(".")

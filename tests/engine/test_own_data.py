"""Pictures of the user: what is found, what is left out and why, and paths that move with a project."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.check import check
from engine.data import load
from engine.events import Finished
from engine.fitting import fitted
from engine.lower import lower
from engine.own_data import DataProblem, has_changed, kind_for, scan
from engine.recipes.data_sets import NumpyFile, OwnData, PictureFolder, PictureTable, TableFile
from engine.recipes.data_sets.own import in_one_line, kept, names_in, resolved
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES
from engine.training.trainer import train
from engine.writing.source import write
from tests.engine.own_files import chance, folder, picture, refused, text


def test_a_folder_of_pictures_is_what_image_folder_sees(tmp_path: Path) -> None:
    from engine.torch_setup import import_torchvision

    root = folder(tmp_path, "dog", "cat")
    picture(root / "cat" / "deep" / "inside.JPG")
    text(root / "cat" / "notes.txt", "no picture")
    theirs = import_torchvision().datasets.ImageFolder(root)
    found = scan(root)
    assert kind_for(root) is PictureFolder and found.data_set.labels == tuple(theirs.classes) == ("cat", "dog")
    assert found.data_set.train_examples == len(theirs) == 9 and found.data_set.input_shape == (3, 8, 10)
    assert "1 left out because it is no picture: 'cat/notes.txt'." in found.findings.sentences()
    tensors = load(found.data_set.changed(normalise="none"))
    mine = torch.cat([tensors.train.inputs, tensors.test.inputs])
    labels = torch.cat([tensors.train.labels, tensors.test.labels])
    for image, label in theirs:
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
        assert any(torch.equal(one, pixels) for one in mine[labels == label])


@pytest.mark.parametrize("test", ["test", "val"])
def test_parts_to_learn_from_and_to_test_with_are_recognised(tmp_path: Path, test: str) -> None:
    folder(tmp_path / "train", "a", "b", count=5)
    folder(tmp_path / test, "a", "b", count=2)
    data = scan(tmp_path).data_set
    assert (data.train_examples, data.test_examples) == (10, 4)
    tensors = load(data)
    assert (len(tensors.train), len(tensors.test)) == (10, 4)


def test_classes_that_are_only_there_to_test_are_named(tmp_path: Path) -> None:
    folder(tmp_path / "train", "a", "b")
    folder(tmp_path / "test", "a", "zebra", count=2)
    assert "2 cannot be used because the class is not among those to learn: 'test/zebra/0.png' of 'zebra'" in refused(
        tmp_path
    )
    found = scan(tmp_path, PictureFolder(when_bad="skip"))
    assert found.data_set.test_examples == 2 and found.findings.used == 10


def test_damaged_pictures_are_named_counted_and_refused_or_skipped(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b", count=3)
    (root / "a" / "cut.png").write_bytes(picture(root / "a" / "0.png").read_bytes()[:60])
    (root / "b" / "words.jpg").write_text("hello")
    (root / "b" / "empty.png").touch()
    said = refused(root)
    assert said.startswith("3 cannot be used because a picture cannot be read: 'a/cut.png', it is damaged; 'b/empty")
    found = scan(root, PictureFolder(when_bad="skip"))
    assert isinstance(found.data_set, PictureFolder)
    assert found.findings.used == found.data_set.train_examples == 6 and found.findings.looked_at == 9
    assert found.data_set.unreadable == ("a/cut.png", "b/empty.png", "b/words.jpg")
    tensors = load(found.data_set)
    assert len(tensors.train) + len(tensors.test) == 6


def bomb(path: Path, side: int) -> None:
    """A PNG whose head promises many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9))))


@pytest.mark.parametrize("side", [8_500, 11_000, 60_000])
def test_pictures_with_far_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path, side: int) -> None:
    root = folder(tmp_path, "a", "b")
    bomb(root / "a" / "bomb.png", side)
    assert "'a/bomb.png', it has" in refused(root)


@pytest.mark.parametrize(("size", "fit"), [(6, "crop"), ((5, 9), "stretch"), ((40, 20), "crop")])
def test_pictures_of_many_sizes_are_brought_to_one(tmp_path: Path, size: Any, fit: str) -> None:
    folder(tmp_path, "a")
    folder(tmp_path, "b", width=31, height=7)
    data = scan(tmp_path, PictureFolder(size=size, fit=fit, mode="RGB")).data_set
    shape = (3, *(size if isinstance(size, tuple) else (size, size)))
    assert data.input_shape == load(data).train.inputs.shape[1:] == shape


def test_cropping_keeps_the_shape_of_what_is_seen(tmp_path: Path) -> None:
    folder(tmp_path, "b")
    (tmp_path / "a").mkdir()
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    for name in "12":
        Image.fromarray(wide).save(tmp_path / "a" / f"{name}.png")
    cropped, stretched = (
        load(scan(tmp_path, PictureFolder(size=10, fit=fit, normalise="none")).data_set).train
        for fit in ("crop", "stretch")
    )
    assert cropped.inputs[0].min() == 1 and stretched.inputs[0].min() == 0


def test_grey_pictures_stay_grey_and_colours_win(tmp_path: Path) -> None:
    folder(tmp_path, "a", "b", colours=False)
    assert scan(tmp_path).data_set.input_shape == (1, 8, 10)
    assert scan(tmp_path, PictureFolder(mode="RGB")).data_set.input_shape == (3, 8, 10)
    picture(tmp_path / "a" / "colours.png")
    assert scan(tmp_path).data_set.input_shape == (3, 8, 10)


def test_rare_kinds_of_pixels_are_read(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b")
    deep = Image.fromarray(np.linspace(0, 65535, 80).astype(np.uint16).reshape(8, 10))
    deep.save(root / "a" / "deep.png")
    Image.new("RGBA", (10, 8), (255, 0, 0, 0)).save(root / "a" / "clear.png")
    Image.new("1", (10, 8), 1).save(root / "a" / "bits.png")
    Image.new("CMYK", (10, 8)).save(root / "b" / "print.tiff")
    Image.new("RGB", (10, 8), (0, 0, 255)).quantize(4).save(root / "b" / "few.png", transparency=b"\x00\x80")
    data = scan(root).data_set
    tensors = load(data.changed(normalise="none"))
    assert len(tensors.train) + len(tensors.test) == 13 and tensors.train.inputs.max() <= 1


def test_a_folder_without_classes_says_what_is_needed(tmp_path: Path) -> None:
    assert "has 0 folders with pictures to learn from, and needs at least 2" in refused(tmp_path)
    folder(tmp_path, "one")
    assert "has 1 folder with pictures" in refused(tmp_path)
    assert "There is no folder" in refused(tmp_path / "gone", PictureFolder())
    assert "There is nothing at" in refused(tmp_path / "gone")
    assert "none of the files that can be read" in refused(text(tmp_path / "a.docx", "x"))


def test_a_link_that_leads_back_up_ends(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b")
    (root / "a" / "up").symlink_to(root / "a", target_is_directory=True)
    assert scan(root).data_set.train_examples == 8


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b")
    os.mkfifo(root / "a" / "pipe.png")
    assert "'a/pipe.png', it is no file" in refused(root)


@pytest.mark.parametrize("facts", [{"input_shape": (5,)}, {"input_shape": (3, 9**9, 9**9)}, {"labels": ("a", "x")}])
def test_facts_that_a_strangers_file_makes_up_are_not_believed(tmp_path: Path, facts: dict[str, Any]) -> None:
    data = scan(folder(tmp_path, "a", "b")).data_set
    with pytest.raises(DataProblem, match="Look at the data again"):
        load(data.changed(**facts))


def test_a_folder_of_pictures_becomes_a_trained_network(tmp_path: Path) -> None:
    for place, name in enumerate("ab"):
        for number in range(20):
            pixels = chance.integers(0, 90, (28, 28, 3), np.uint8)
            pixels[..., place] += 120
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    recipe = Recipe(data=scan(tmp_path).data_set, epochs=12, batch_size=8, threads=1)
    graph, recipe = fitted(TEMPLATES["linear"].draw(), recipe)
    report = check(graph, recipe)
    assert report.ok and not report.problems
    finished = list(train(write(lower(graph, report)), recipe))[-1]
    assert isinstance(finished, Finished) and finished.accuracy == 1


def test_changes_of_files_are_noticed(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b")
    data = scan(root).data_set
    assert not has_changed(data)
    picture(root / "b" / "new.png")
    assert has_changed(data)
    tensors = load(data)
    assert len(tensors.train) + len(tensors.test) == 9
    folder(root, "c")
    with pytest.raises(DataProblem, match=r"have changed, and with them .* the classes. Look at the data again"):
        load(data.changed(when_bad="skip"))
    assert has_changed(data.changed(path=str(tmp_path / "gone")))


def test_a_table_of_pictures_and_labels(tmp_path: Path) -> None:
    rows = [
        f"{picture(tmp_path / 'all' / f'{n}.png').relative_to(tmp_path)},{'yes' if n % 2 else 'no'}" for n in range(8)
    ]
    table = text(tmp_path / "table.csv", "\n".join(["file,label", *rows]))
    assert kind_for(table) is PictureTable
    data = scan(table).data_set
    assert data.labels == ("no", "yes") and data.input_shape == (3, 8, 10) and data.train_examples == 8
    assert load(data).train.inputs.shape == (6, 3, 8, 10)
    picture(tmp_path / "all" / "0.png", width=11)
    assert has_changed(data)


def test_pictures_can_have_values(tmp_path: Path) -> None:
    rows = [f"{picture(tmp_path / f'{n}.png').name};{n},5;{-n}" for n in range(8)]
    table = text(tmp_path / "table.csv", "\n".join(["file;age;mood", *rows]))
    assert "Say with target which column is to be predicted: 'age', 'mood'." in refused(table)
    data = scan(table, PictureTable(target="age, mood")).data_set
    assert data.classes is None and data.target_names == ("age", "mood")
    train = load(data).train
    assert train.labels.shape == (6, 2) and train.labels.dtype == torch.float32 and train.labels[1, 0] % 1 == 0.5


@pytest.mark.parametrize(
    "name", ["../out.png", "{root}/out.png", "C:\\out.png", "a/../../out.png", "\\\\host\\x.png", "link.png"]
)
def test_files_outside_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    rows = [f"{picture(inside / f'{n}.png').name},{n % 2}" for n in range(6)]
    picture(tmp_path / "out.png")
    (inside / "link.png").symlink_to(tmp_path / "out.png")
    table = text(inside / "t.csv", "\n".join(["file,label", *rows, f"{name.format(root=tmp_path)},1"]))
    assert "1 cannot be used because the file lies outside of the table's folder: row 8 names" in refused(table)
    assert scan(table, PictureTable(when_bad="skip")).data_set.train_examples == 6


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    rows = [f"{picture(tmp_path / f'{n}.png').name},{n % 2}" for n in range(6)]
    table = text(tmp_path / "t.csv", "\n".join(["file,label", *rows, "7.png,1", "8.png,"]))
    assert "'7.png', there is no such file" in refused(table)
    found = scan(table, PictureTable(when_bad="skip"))
    assert found.findings.used == 6 and found.findings.looked_at == 8
    assert "1 left out because there is nothing to predict: row 9." in found.findings.sentences()


def test_paths_below_the_project_move_with_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    data = scan(folder(project / "pictures", "a", "b")).data_set
    small = kept(data, project)
    assert isinstance(small, OwnData) and small.path == "pictures" and kept(data, tmp_path / "other") == data
    assert resolved(small, project) == data and resolved(data, tmp_path) == data and resolved(small, None) == small
    project.rename(tmp_path / "moved")
    moved = resolved(small, tmp_path / "moved")
    assert isinstance(moved, OwnData) and not has_changed(moved) and len(load(moved).train) == 6


@pytest.mark.parametrize("kind", [PictureFolder, PictureTable, TableFile, NumpyFile])
def test_data_that_were_not_chosen_yet_say_so(kind: type[OwnData]) -> None:
    data = kind()
    assert not data.is_known and "Choose where the data lie." in data.describe()
    with pytest.raises(ValueError, match="choose first where the data lie"):
        load(data)
    graph = TEMPLATES["cnn"].draw()
    problems = check(graph, Recipe(data=data)).problems
    assert [problem.text for problem in problems if problem.level == "error"] == [
        f"{data.title}: choose where the data lie."
    ]


def test_what_was_found_survives_a_file(tmp_path: Path) -> None:
    rows = "".join(f"{n}.5,{n % 2}\n" for n in range(9))
    recipe = Recipe(data=scan(text(tmp_path / "t.csv", f"size,kind\n{rows}")).data_set)
    assert Recipe.from_data(json.loads(json.dumps(recipe.as_data()))) == recipe
    with pytest.raises(ValueError, match="labels must be a list"):
        TableFile.read({"labels": [1, 2]})


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=9), max_size=5
    )
)
def test_names_in_one_line_are_read_back(names: list[str]) -> None:
    assert names_in(in_one_line(names)) == names


def test_progress_is_told_for_each_picture(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    scan(folder(tmp_path, "a", "b"), None, lambda done, of: told.append((done, of)))
    assert told == [(number, 8) for number in range(1, 9)]

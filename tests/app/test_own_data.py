"""Data of the user in the real window: chosen, looked at, fitted to, learned from, and taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtWidgets import QMessageBox

from engine.blocks.data import Input
from engine.blocks.linear import Linear
from engine.project import open_project
from engine.recipes.data_sets.own import PictureFolder, TableFile
from tests.app.driving import Driver
from widgets.views.data import DataView


def bars(folder: Path, each: int = 12) -> Path:
    """Pictures of upright and lying bars, and one file that is none."""
    chance = np.random.default_rng(0)
    for kind in ("lying", "upright"):
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            pixels = chance.integers(0, 60, (12, 12), np.uint8)
            line = slice(number % 8 + 1, number % 8 + 4)
            pixels[(line, slice(1, 11)) if kind == "lying" else (slice(1, 11), line)] = 230
            Image.fromarray(pixels).save(folder / kind / f"{number:02}.png")
    (folder / "lying" / "broken.png").write_bytes(b"no picture at all")
    return folder


def data_view(driver: Driver) -> DataView:
    view = driver.window.views["data"]
    assert isinstance(view, DataView)
    return view


def test_a_folder_of_pictures_is_looked_at_fitted_to_and_learned(driver: Driver, tmp_path: Path) -> None:
    window, folder = driver.window, bars(tmp_path / "bars")
    window.files.open_template("linear")
    driver.until_ready()
    window.panels.bring("data")
    view = data_view(driver)
    driver.until(lambda: "MNIST" in view.words.text() and not view.note)

    window.own_data.choose = lambda kind: str(folder) if kind == "folder" else ""
    view.own_requested.emit("folder")
    driver.until(lambda: not window.own_data.busy)
    assert "broken.png" in view.words.text(), "a file that is no picture is named, and nothing changes"
    assert window.document.project.recipe.data.kind() == "Mnist"
    question = driver.message_box()
    assert "broken.png" in question.informativeText()
    driver.press_button("Cancel", question)

    before = window.document.project
    (folder / "lying" / "broken.png").unlink()
    view.own_requested.emit("folder")
    driver.until(lambda: isinstance(window.document.project.recipe.data, PictureFolder))
    data = window.document.project.recipe.data
    assert (data.input_shape, data.labels) == ((1, 12, 12), ("lying", "upright"))
    driver.until(lambda: bool(view.wall.accessibleDescription()) and "lying" in view.wall.accessibleDescription())

    driver.press_button("Fit the drawing", view)
    assert window.document.report.ok
    said: list[str] = []
    window.own_data.said.connect(said.append)
    driver.press_button("Fit the drawing", view)
    assert said == ["The drawing suits Folder of pictures already."]
    assert driver.graph.nodes["digits"].block == Input(shape=(1, 12, 12))
    assert driver.graph.nodes["logits"].block == Linear(out_features=2)
    driver.command("undo")
    assert driver.graph == before.graph, "one step takes all of the fitting back"
    driver.command("redo")

    window.document.edit("Quick", window.document.project.recipe.changed(epochs=30, batch_size=4))
    driver.command("train")
    driver.until(lambda: window.session.state == "finished")
    assert "right" in window.run_strip.state_text

    driver.answer_files(save=tmp_path / "mine.loom")
    driver.command("save")
    text = (tmp_path / "mine.loom").read_text("utf-8")
    assert str(folder) not in text and '"bars"' in text, "data below the file are named from there"
    assert open_project(tmp_path / "mine.loom").recipe.data == data


def test_what_is_bad_in_a_folder_can_be_left_out_at_once(driver: Driver, tmp_path: Path) -> None:
    window, folder = driver.window, bars(tmp_path / "bars")
    window.files.open_template("linear")
    driver.until_ready()
    window.own_data.choose = lambda kind: str(folder)
    window.own_data.open("folder")
    driver.until(lambda: bool(window.findChildren(QMessageBox)))
    driver.press_button("Use the rest", driver.message_box())
    driver.until(lambda: isinstance(window.document.project.recipe.data, PictureFolder))
    data = window.document.project.recipe.data
    assert isinstance(data, PictureFolder) and data.when_bad == "skip" and data.labels == ("lying", "upright")


def test_another_column_is_looked_at_before_it_counts(driver: Driver, tmp_path: Path) -> None:
    table = tmp_path / "plants.csv"
    rows = ["height,width,kind,weight"]
    rows += [f"{n},{n % 5},{'moss' if n % 2 else 'fern'},{n * 1.5}" for n in range(40)]
    table.write_text("\n".join(rows) + "\n")
    window = driver.window
    window.files.open_template("mlp")
    window.own_data.choose = lambda kind: str(table)
    window.own_data.open("table")
    driver.until(lambda: isinstance(window.document.project.recipe.data, TableFile))
    recipe = window.document.project.recipe
    window.own_data.take_recipe(recipe.changed(data=recipe.data.changed(target="kind")))
    driver.until(lambda: window.document.project.recipe.data.labels == ("fern", "moss"))
    driver.command("undo")
    assert window.document.project.recipe == recipe
    assert not window.own_data.busy
    window.own_data.take_recipe(recipe.changed(data=recipe.data.changed(target="colour")))
    driver.until(lambda: not window.own_data.busy)
    assert window.document.project.recipe == recipe, "a column that is not there changes nothing"
    assert "colour" in data_view(driver).words.text()

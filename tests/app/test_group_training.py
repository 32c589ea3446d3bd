"""A drawing with a group trains in the real window: its card lives, and those inside while it is open."""

from __future__ import annotations

from engine.events import Gradients
from engine.looks.maps import Maps, MapsOf
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.app.driving import Driver


def newest(driver: Driver, block: str) -> Maps:
    """The last maps that tell of a block."""
    return next(event for event in reversed(driver.told) if isinstance(event, Maps) and block in event.maps)


def test_a_group_learns_and_its_card_lives(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("cnn")
    window.document.edit("Recipe", Recipe(data=Digits(), epochs=400, batch_size=32, threads=1))
    window.document.edit("Shape", driver.graph.configure("digits", shape=(1, 8, 8)))
    window.canvas.select(["conv1", "norm1", "relu1"])
    driver.command("group")
    window.structure.set_frozen(["conv2"], True)
    driver.until_ready()
    driver.command("train")
    driver.until(lambda: any(isinstance(event, Gradients) and "block1" in event.norms for event in driver.told))
    driver.until(lambda: any(isinstance(event, Maps) and "block1" in event.maps for event in driver.told))
    cards = window.canvas.drawing.cards
    driver.until(lambda: (live := cards["block1"].live) is not None and live.norm is not None)
    driver.until(lambda: cards["conv2"].live is not None)
    frozen = cards["conv2"].live
    assert frozen is not None
    assert (frozen.norm, frozen.verdict) == (None, "")

    driver.command("enter_group")
    cards = window.canvas.drawing.cards
    driver.until(lambda: all(cards[name].live is not None for name in ("conv1", "norm1", "relu1")))
    whole = window.document.graph
    seen = newest(driver, "block1/relu1")
    assert seen.maps["block1/relu1"].shape == (24, 8, 8) and seen.maps["block1/relu1"].min() >= 0
    assert not {*seen.maps} & {*whole.nodes}
    window.canvas.select(["conv1"])
    maps_view = window.views["maps"]
    assert maps_view.looks() == (MapsOf(("block1/conv1",), 0),)
    driver.until(lambda: newest(driver, "block1/conv1").look == window.session.cards.look())

    driver.command("leave_group")
    driver.until(lambda: window.canvas.drawing.cards["block1"].live is not None)
    driver.command("stop")
    driver.until(lambda: window.session.state == "stopped")
    assert window.session.weights is not None

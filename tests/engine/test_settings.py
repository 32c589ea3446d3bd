"""Settings: canonical values inside the limits, and sentences for everything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.recipes.losses import LOSSES
from engine.recipes.optimizers import OPTIMIZERS
from engine.settings import MAX_ENTRIES, Param, Settings, param


class Example(Settings):
    """One row of each kind."""

    size: int = param("A size.", 1, 64, default=3)
    rate: float = param("A rate.", 0, 1, default=0.5)
    deep: bool = param("A switch.", default=True)
    mode: str = param("A word.", choices=("one", "two"), default="one")
    window: Any = param("A pair.", 0, 9, dims=2, choices=("same",), default=3)
    shape: tuple[int, ...] = param("A list.", -1, 99, listed=True, default=(-1,))
    limit: float | None = param("Perhaps.", 0.5, None, kind=float, optional=True, default=None)


GOOD: tuple[tuple[str, Any, Any], ...] = (
    ("size", 64, 64),
    ("rate", 1, 1.0),
    ("rate", 0.25, 0.25),
    ("mode", "two", "two"),
    ("window", [3, 5], (3, 5)),
    ("window", "same", "same"),
    ("shape", [1, 2], (1, 2)),
    ("limit", None, None),
    ("limit", 2, 2.0),
)

BAD: tuple[tuple[str, Any, str], ...] = (
    ("size", 0, "a whole number from 1 to 64, not 0"),
    ("size", 65, "from 1 to 64"),
    ("size", 3.0, "a whole number"),
    ("size", True, "a whole number"),
    ("size", "3", "not '3'"),
    ("size", None, "not None"),
    ("size", [3], "a whole number"),
    ("rate", True, "a number from 0 to 1"),
    ("rate", float("nan"), "not nan"),
    ("rate", float("inf"), "not inf"),
    ("rate", 10**400, "a number"),
    ("deep", 1, "true or false"),
    ("mode", "three", "one of one, two"),
    ("window", [3], "or 2 of them or 'same'"),
    ("window", [3, None], "from 0 to 9"),
    ("window", [3, "same"], "or 2 of them"),
    ("window", "different", "'same'"),
    ("shape", [], "a list of up to 16"),
    ("shape", [1] * (MAX_ENTRIES + 1), "a list of up to 16"),
    ("shape", 3, "a list"),
    ("shape", [[1]], "a list"),
    ("limit", 0.25, "of at least 0.5 or None"),
    ("mystery", 1, "no setting called 'mystery'"),
)


@pytest.mark.parametrize(("name", "value", "kept"), GOOD)
def test_a_good_value_is_kept_in_its_canonical_form(name: str, value: Any, kept: Any) -> None:
    found = getattr(Example.read({name: value}), name)
    assert found == kept and type(found) is type(kept)


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_a_bad_value_is_refused_in_a_sentence(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        Example.read({name: value})
    assert name in str(caught.value) and words in str(caught.value) and len(str(caught.value)) < 200


def test_settings_are_values() -> None:
    one, two = Example(size=5), Example().changed(size=5)
    assert one == two and hash(one) == hash(two) and one is not two
    assert Example.read(one.values()) == one
    with pytest.raises(AttributeError):
        object.__getattribute__(one, "__setattr__")("size", 6)
    assert [row.name for row in Example.params()] == list(one.values())


rows = [row for registry in (BLOCKS, LOSSES, OPTIMIZERS) for kind in registry.values() for row in kind.params()]


@pytest.mark.parametrize("row", rows, ids=lambda row: row.name)
def test_every_row_accepts_its_own_default_and_says_what_it_expects(row: Param) -> None:
    assert row.read(row.default) == row.default
    assert row.expects and row.help.endswith(".")


@given(
    st.sampled_from(rows), st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists)
)
def test_reading_anything_gives_a_value_or_a_sentence(row: Param, value: Any) -> None:
    try:
        found = row.read(value)
    except ValueError as error:
        assert str(error).startswith(row.name)
    else:
        assert row.read(found) == found
        hash(found)

"""A typed word finds the block that people mean by it."""

import pytest

from engine.blocks import BLOCKS
from engine.blocks.base import FAMILIES
from widgets.block_search import matched, ranked
from widgets.offers import on_offer


def test_no_word_gives_every_block_family_by_family() -> None:
    kinds = ranked("  ")
    assert {kind for kind in BLOCKS if BLOCKS[kind].family in FAMILIES} <= set(kinds)
    families = [FAMILIES.index(on_offer()[kind].family) for kind in kinds]
    assert families == sorted(families)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("linear", "Linear"),
        ("LINEAR", "Linear"),
        ("relu", "ReLU"),
        ("dense", "Linear"),
        ("fully conn", "Linear"),
        ("convolution", "Conv2d"),
        ("max pool", "MaxPool2d"),
        ("skip", "Add"),
        ("concat", "Concatenate"),
        ("mxpl", "MaxPool2d"),
        ("pool", "MaxPool2d"),
        ("cat", "Concatenate"),
        ("nn.Linear", "Linear"),
        ("torch.cat", "Concatenate"),
        ("F.relu", "ReLU"),
        ("self attention", "MultiheadAttention"),
        ("self-attention", "MultiheadAttention"),
        ("1d conv", "Conv1d"),
        ("skip connection", "Add"),
        ("vanilla rnn", "RNN"),
        ("lienar", "Linear"),
        ("bilstm", "LSTM"),
        ("tokens", "Embedding"),
        ("fc", "Linear"),
    ],
)
def test_the_meant_block_comes_first(word: str, first: str) -> None:
    assert ranked(word)[0] == first


def test_a_short_form_finds_both_batch_norms_first() -> None:
    assert ranked("bn")[:2] == ["BatchNorm1d", "BatchNorm2d"]


def test_a_name_that_starts_so_precedes_one_that_contains_it() -> None:
    kinds = ranked("re")
    assert kinds.index("ReLU") < kinds.index("LeakyReLU")
    assert kinds.index("Reshape") < kinds.index("LeakyReLU")


def test_nonsense_finds_nothing() -> None:
    assert ranked("qqq") == []


def test_the_shared_letters_are_told() -> None:
    assert matched("pool", "MaxPool2d") == (3, 4, 5, 6)
    assert matched("mp2", "MaxPool2d") == (0, 3, 7)
    assert matched("dense", "Linear") == ()
    assert matched("", "Linear") == ()

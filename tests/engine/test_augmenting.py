"""Every transform does to each picture what torchvision does with the same draw, and nothing else in a run changes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks.base import Shape
from engine.check import check
from engine.data import load
from engine.data.augmenting import CHANGES, Augmenter, augmenter_for, preview
from engine.data.augmenting_colours import blurred_by, brightened, contrasted, greyed, saturated, turned
from engine.data.augmenting_moves import affine, centred, corners_of, padded, perspective, rectangles, resized, rotated
from engine.recipes.data_sets import Iris, Mnist, Twemoji
from engine.recipes.recipe import Recipe
from engine.recipes.transforms import (
    TRANSFORMS,
    CenterCrop,
    ColorJitter,
    GaussianBlur,
    GaussianNoise,
    Grayscale,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomInvert,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    RandomSolarize,
    RandomVerticalFlip,
    Resize,
    Transform,
    seen_shape,
    shape_after,
)
from engine.templates import TEMPLATES
from engine.torch_setup import import_torchvision

COUNT = 8
NOT_SAME_DEFAULT = {("RandomCrop", "size"), ("RandomResizedCrop", "size"), ("Resize", "size"), ("CenterCrop", "size")}
"""PyTorch has no default for these; here none keeps the size that pictures have."""


@pytest.fixture(scope="module")
def v2() -> ModuleType:
    import_torchvision()
    return import_module("torchvision.transforms.v2")


def pictures(channels: int = 3, height: int = 12, width: int = 17) -> torch.Tensor:
    return torch.rand(COUNT, channels, height, width, generator=torch.Generator().manual_seed(1))


def numbers(low: float, high: float) -> torch.Tensor:
    return torch.linspace(low, high, COUNT)


def one_by_one(change: Callable[[torch.Tensor, int], torch.Tensor], given: torch.Tensor) -> torch.Tensor:
    return torch.stack([change(picture, place) for place, picture in enumerate(given)])


@pytest.mark.parametrize("kind", TRANSFORMS.values(), ids=TRANSFORMS)
def test_transforms_have_the_names_and_defaults_of_torchvision(kind: type[Transform], v2: ModuleType) -> None:
    signature = inspect.signature(getattr(v2, kind.kind()).__init__).parameters
    for row in kind.params():
        assert row.name in signature
        if not row.required and (kind.kind(), row.name) not in NOT_SAME_DEFAULT:
            assert row.default == signature[row.name].default
        assert row.required == (signature[row.name].default is inspect.Parameter.empty) or row.name == "size"
    assert kind.summary().endswith(".")


@pytest.mark.parametrize("kind", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 14)])
def test_torchvision_takes_every_settings_and_gives_the_same_size(
    kind: type[Transform], shape: Shape, v2: ModuleType
) -> None:
    settings: dict[str, Any] = {"size": (5, 6)} if "size" in {row.name for row in kind.params()} else {}
    mine = kind(**settings)
    theirs = getattr(v2, kind.kind())(**mine.values())
    given = torch.rand(4, *shape)
    changed = Augmenter((mine,)).training(given, 0)
    assert changed.shape == theirs(given).shape == (4, *mine.after(shape))
    assert torch.isfinite(changed).all()


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_each_picture_is_turned_moved_scaled_and_slanted_as_by_torchvision(
    interpolation: str, fill: float, v2: ModuleType
) -> None:
    given = pictures().double()
    angles, across, down = numbers(-71, 93), numbers(-4, 5).round(), numbers(3, -2).round()
    scale, shear = numbers(0.6, 1.7), numbers(-31, 22)
    mine = affine(given, angles, (across, down), scale, shear, interpolation, fill)

    def theirs(picture: torch.Tensor, place: int) -> torch.Tensor:
        move, slant = [float(across[place]), float(down[place])], [float(shear[place]), 0.0]
        settings = (float(angles[place]), move, float(scale[place]), slant)
        result: torch.Tensor = v2.functional.affine(picture, *settings, interpolation=interpolation, fill=fill)
        return result

    assert torch.allclose(mine, one_by_one(theirs, given), atol=1e-5)


def test_rotation_turns_the_same_way_as_torchvision(v2: ModuleType) -> None:
    given = pictures()
    mine = rotated(given, RandomRotation(degrees=(30.0, 30.0), interpolation="bilinear"), torch.Generator())
    assert torch.allclose(mine, v2.functional.rotate(given, 30, interpolation="bilinear", fill=0), atol=1e-4)


@pytest.mark.parametrize("fill", [0.0, 0.7])
def test_each_picture_gets_its_own_perspective_as_by_torchvision(fill: float, v2: ModuleType) -> None:
    given = pictures().double()
    old = [[0, 0], [16, 0], [16, 11], [0, 11]]
    chance = torch.Generator().manual_seed(3)
    inwards = torch.randint(0, 4, (COUNT, 4, 2), generator=chance)
    corners = torch.tensor(old) + torch.tensor([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * inwards
    mine = perspective(given, corners, "bilinear", fill)

    def theirs(picture: torch.Tensor, place: int) -> torch.Tensor:
        result: torch.Tensor = v2.functional.perspective(
            picture, old, corners[place].tolist(), interpolation="bilinear", fill=fill
        )
        return result

    assert torch.allclose(mine, one_by_one(theirs, given), atol=1e-4)


COLOURS = {
    "adjust_brightness": (brightened, 0.2, 2.0),
    "adjust_contrast": (contrasted, 0.0, 2.5),
    "adjust_saturation": (saturated, 0.0, 3.0),
    "adjust_hue": (turned, -0.5, 0.5),
}


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_picture_gets_its_own_colours_as_by_torchvision(name: str, channels: int, v2: ModuleType) -> None:
    change, low, high = COLOURS[name]
    given, factors = pictures(channels), numbers(low, high)
    mine = change(given, factors[:, None, None, None])
    theirs = one_by_one(lambda picture, place: getattr(v2.functional, name)(picture, float(factors[place])), given)
    assert torch.allclose(mine, theirs, atol=1e-5)


def test_what_has_no_draw_but_whether_is_the_same_as_by_torchvision(v2: ModuleType) -> None:
    given, functions = pictures(), v2.functional
    always: list[tuple[Transform, torch.Tensor]] = [
        (RandomHorizontalFlip(p=1), functions.horizontal_flip(given)),
        (RandomVerticalFlip(p=1), functions.vertical_flip(given)),
        (RandomInvert(p=1), functions.invert(given)),
        (RandomSolarize(threshold=0.4, p=1), functions.solarize(given, 0.4)),
        (RandomGrayscale(p=1), functions.rgb_to_grayscale(given, 3)),
        (Grayscale(), functions.rgb_to_grayscale(given, 1)),
        (Grayscale(num_output_channels=3), functions.rgb_to_grayscale(given, 3)),
    ]
    for transform, wanted in always:
        assert torch.allclose(Augmenter((transform,)).training(given, 0), wanted, atol=1e-6), transform.kind()


@pytest.mark.parametrize("size", [5, (5, 7), (20, 20), (9, 30), None])
def test_fixed_sizes_are_those_of_torchvision(size: Any, v2: ModuleType) -> None:
    given, whole = pictures(), (12, 17)
    mine = resized(given, Resize(size=size), torch.Generator())
    assert torch.allclose(mine, v2.functional.resize(given, size if size else whole, antialias=True), atol=1e-6)
    assert mine.shape[1:] == Resize(size=size).after((3, 12, 17))
    assert torch.equal(centred(given, CenterCrop(size=size), torch.Generator()),
                       v2.functional.center_crop(given, size or whole))  # fmt: skip


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_borders_are_widened_as_by_torchvision(mode: str, v2: ModuleType) -> None:
    given = pictures()
    mine = padded(given, 3, 2, mode, 0.25)
    assert torch.equal(mine, v2.functional.pad(given, [3, 2], fill=0.25, padding_mode=mode))


def test_each_picture_has_its_own_blur_as_by_torchvision(v2: ModuleType) -> None:
    given, sigma = pictures().double(), numbers(0.2, 3)
    blur = v2.functional.gaussian_blur
    theirs = one_by_one(lambda picture, place: blur(picture, [5, 5], [float(sigma[place])] * 2), given)
    assert torch.allclose(blurred_by(given, sigma, 5), theirs, atol=1e-6)


def test_crops_are_parts_of_the_widened_picture() -> None:
    given = pictures()
    wide = padded(given, 2, 2, "constant", 0.0)
    crops = Augmenter((RandomCrop(size=8, padding=2),)).training(given, 5)
    places = set()
    for whole, part in zip(wide, crops, strict=True):
        windows = whole.unfold(1, 8, 1).unfold(2, 8, 1)
        same = (windows == part[:, None, None]).all(-1).all(-1).all(0)
        assert same.sum() >= 1
        places.add(tuple(same.nonzero()[0].tolist()))
    assert len(places) > 3


def test_resized_crops_are_parts_of_the_picture(v2: ModuleType) -> None:
    slope = torch.linspace(0, 1, 32).expand(64, 1, 32, 32)
    parts = Augmenter((RandomResizedCrop(),)).training(slope, 2)
    shares = (parts[:, 0, 0, -1] - parts[:, 0, 0, 0]).clamp(min=0)
    assert shares.min() < 0.45 and shares.max() > 0.8 and len(set(shares.tolist())) > 10
    sides = rectangles(2000, (32, 32), 32 * 32, (0.08, 1.0), (0.75, 4 / 3), torch.Generator().manual_seed(0))
    fitting = sides[sides[:, 0] > 0].double()
    ratio, share = fitting[:, 1] / fitting[:, 0], fitting.prod(1) / 1024
    assert len(fitting) > 1950 and ratio.min() > 0.68 and ratio.max() < 1.5 and 0.06 < share.min() <= share.max() <= 1
    corners = corners_of(sides, (32, 32), torch.Generator().manual_seed(0))
    assert (corners >= 0).all() and (corners + sides <= 32).all()


def test_covered_rectangles_are_as_large_as_asked() -> None:
    covered = Augmenter((RandomErasing(p=1, scale=(0.1, 0.2)),)).training(torch.ones(200, 1, 20, 20), 0)
    share = (covered == 0).float().mean((1, 2, 3))
    assert share.min() > 0.07 and share.max() < 0.23
    some = Augmenter((RandomErasing(p=0.5),)).training(torch.ones(400, 1, 20, 20), 0)
    assert 140 < int((some == 0).flatten(1).any(1).sum()) < 260


def test_every_picture_has_its_own_draw_and_the_share_is_p() -> None:
    given = pictures()[:1].expand(400, -1, -1, -1)
    flipped = Augmenter((RandomHorizontalFlip(p=0.25),)).training(given, 0)
    share = float((flipped != given).flatten(1).any(1).float().mean())
    assert 0.17 < share < 0.33
    for transform in (
        RandomRotation(degrees=90, interpolation="bilinear"),
        RandomAffine(scale=(0.5, 2.0), interpolation="bilinear"),
        GaussianBlur(),
        ColorJitter(hue=0.5),
        GaussianNoise(),
    ):
        changed = Augmenter((transform,)).training(given[:20], 0).flatten(1)
        assert len({tuple(row.tolist()) for row in changed}) == 20, transform.kind()


def test_the_same_seed_does_the_same_and_chance_elsewhere_is_left_alone() -> None:
    transforms = tuple(kind() for kind in TRANSFORMS.values())
    augmenter, given = Augmenter(transforms), pictures(3, 16, 16)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, again, other = (augmenter.training(given, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert Augmenter(()).training(given, 0) is given


def test_every_transform_can_be_done() -> None:
    assert CHANGES.keys() == TRANSFORMS.keys()


def test_normalised_inputs_are_changed_as_pixels() -> None:
    train = load(Mnist(examples=20)).train
    inverted = augmenter_for(Mnist(), (RandomInvert(p=1),), train).training(train.inputs, 0)
    shown = inverted * train.scale + train.offset
    assert torch.allclose(shown, 1 - (train.inputs * train.scale + train.offset), atol=1e-5)


def test_the_test_part_gets_what_always_happens_and_nothing_else() -> None:
    tensors = load(Twemoji())
    transforms = (RandomInvert(p=1), Grayscale(), Resize(size=32))
    augmenter = augmenter_for(Twemoji(), transforms, tensors.train)
    test = augmenter.examples(tensors.test)
    assert test.inputs.shape[1:] == seen_shape(transforms, Twemoji().input_shape) == (1, 32, 32)
    grey = greyed(tensors.test.inputs[:3] * tensors.test.scale + tensors.test.offset)[:, :1]
    smaller = torch.nn.functional.interpolate(grey, 32, mode="bilinear", antialias=True)
    assert torch.allclose(test.inputs[:3] * test.scale + test.offset, smaller, atol=1e-4)
    assert Augmenter((RandomInvert(p=1),)).examples(tensors.test) is tensors.test


def test_the_preview_shows_the_plain_pictures_and_the_changed_ones() -> None:
    plain, changed = preview(Mnist(examples=50), (RandomInvert(p=1),), count=16)
    assert plain.shape == changed.shape == (16, 1, 28, 28) and abs(1 - plain - changed).max() < 1e-5
    again = preview(Mnist(examples=50), (RandomRotation(), GaussianNoise()), 4, seed=3)[1]
    assert (preview(Mnist(examples=50), (RandomRotation(), GaussianNoise()), 4, seed=3)[1] == again).all()


def test_sizes_that_do_not_fit_are_said() -> None:
    with pytest.raises(ValueError, match="end the list with CenterCrop or Resize to 24 × 24"):
        seen_shape((RandomCrop(size=24),), (1, 28, 28))
    assert seen_shape((RandomCrop(size=24), CenterCrop(size=24)), (1, 28, 28)) == (1, 24, 24)
    with pytest.raises(ValueError, match="widen its padding"):
        shape_after((RandomCrop(size=32),), (1, 28, 28))
    with pytest.raises(ValueError, match="Grayscale needs pictures with 1 or 3 channels, not 4"):
        shape_after((Grayscale(),), (4, 8, 8))
    with pytest.raises(ValueError, match="needs pictures, but one example is 4"):
        augmenter_for(Iris(), (RandomInvert(),), load(Iris()).train)


def test_the_drawing_is_checked_with_what_the_network_sees() -> None:
    graph, recipe = TEMPLATES["cnn"].draw(), Recipe(augment=(Resize(size=20),))
    assert any("MNIST gives 1×20×20" in problem.text for problem in check(graph, recipe).problems)
    assert recipe.input_shape == (1, 20, 20) and Recipe().input_shape == (1, 28, 28)
    wrong = check(graph, Recipe(augment=(RandomCrop(size=24),))).problems
    assert any(problem.text.startswith("The augmentation does not suit MNIST: training would see") for problem in wrong)


NONSENSE: list[tuple[type[Transform], dict[str, Any]]] = [
    (RandomRotation, {"degrees": -3.0}),
    (RandomRotation, {"degrees": (20.0, 10.0)}),
    (RandomAffine, {"translate": 0.5}),
    (RandomAffine, {"scale": (2.0, 1.0)}),
    (RandomAffine, {"shear": -1.0}),
    (RandomCrop, {"padding": (1, None)}),
    (ColorJitter, {"hue": -0.1}),
    (ColorJitter, {"brightness": (1.0, None)}),
    (GaussianBlur, {"kernel_size": 4}),
    (GaussianBlur, {"sigma": 0.5}),
    (Grayscale, {"num_output_channels": 2}),
    (RandomErasing, {"scale": 0.2}),
    (RandomPerspective, {"p": 2}),
]


@pytest.mark.parametrize(("kind", "values"), NONSENSE, ids=repr)
def test_nonsense_is_refused_in_a_sentence(kind: type[Transform], values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        kind.read(values)


@given(
    st.lists(st.sampled_from(list(TRANSFORMS.values())), max_size=4),
    st.tuples(st.sampled_from([1, 3]), st.integers(1, 20), st.integers(1, 20)),
)
def test_what_is_said_about_the_size_is_what_comes_out(kinds: list[type[Transform]], shape: Shape) -> None:
    transforms = tuple(kind() for kind in kinds)
    try:
        wanted = shape_after(transforms, shape)
    except ValueError:
        return
    assert Augmenter(transforms).training(torch.rand(2, *shape), 0).shape == (2, *wanted)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA graphics card")
@pytest.mark.parametrize("kind", TRANSFORMS.values(), ids=TRANSFORMS)
def test_a_graphics_card_does_the_same_with_the_same_seed(kind: type[Transform]) -> None:
    given = pictures(3, 16, 16)
    there = Augmenter((kind(),)).training(given.cuda(), 5)
    assert there.is_cuda and torch.allclose(there.cpu(), Augmenter((kind(),)).training(given, 5), atol=1e-4)

"""Pictures that would not fit into memory as they are: kept small there, or read from disk by processes ahead of time.

What checks and tests the network lies in memory ready for use; of the training part, only a share lies there to be
looked at. Chance plays no part in reading, so the same seed gives the same bits with any number of processes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from engine.cost.machine_memory import machine_memory
from engine.data import Examples, Tensors
from engine.data.augmenting import Augmenter
from engine.data.own_loading import BYTES_OF_NUMBER, MEMORY_SHARE, WHITE
from engine.data.parting import keep_back, offset_and_scale
from engine.own_data.findings import DataProblem
from engine.own_data.found import Found, Part, PictureFiles
from engine.own_data.pictures import read_one
from engine.own_data.scanning import fresh
from engine.recipes.data_sets.own import Pictures
from engine.recipes.split import Split, kept_back

MOST_SHOWN = 2**28
"""Bytes of the share of the training part that lies in memory to be looked at."""
AHEAD = 2
"""How many batches each process reads ahead."""

BYTES_OF_PIXEL = 1

Figures = tuple[torch.Tensor | float, torch.Tensor | float]
Indices = NDArray[np.int64]


class PicturesOnDisk(Dataset[torch.Tensor]):
    """Pictures in files (channels, height, width) with pixels from 0 to 255."""

    def __init__(self, files: PictureFiles) -> None:
        """It goes to other processes, so it holds names only."""
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> torch.Tensor:
        return torch.from_numpy(read_one(self.files, place))


class _Planned(Sampler[list[int]]):
    """The batches of an epoch as they were planned."""

    def __init__(self) -> None:
        self.batches: Sequence[list[int]] = ()

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


class FromDisk:
    """Batches of pictures that are read from files by a DataLoader."""

    def __init__(self, files: PictureFiles, labels: torch.Tensor, finish: Finish, workers: int) -> None:
        """Labels lie on the device. With 0 workers this process reads the files itself."""
        self.labels, self._finish, self._planned = labels, finish, _Planned()
        options: dict[str, Any] = {}
        if workers:
            # A process that was started to end with its parent may have none of its own, unless it says so.
            if multiprocessing.current_process().daemon:
                multiprocessing.current_process().daemon = False
            options = {"multiprocessing_context": "spawn", "persistent_workers": True, "prefetch_factor": AHEAD}
        self._pictures = PicturesOnDisk(files)
        self._loader: DataLoader[torch.Tensor] = DataLoader(
            self._pictures,
            batch_sampler=self._planned,
            num_workers=workers,
            generator=torch.Generator(),  # or it would draw from that of the run
            **options,
        )

    def epoch(
        self, order: torch.Tensor, size: int, batches: range, seed: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The pictures of some batches, read ahead while the network learns from those before."""
        self._planned.batches = [order[batch * size : (batch + 1) * size].tolist() for batch in batches]
        read = iter(self._loader)
        for batch in batches:
            picked = order[batch * size : (batch + 1) * size].to(self.labels.device)
            try:
                pictures = next(read)
            except DataProblem as error:  # from another process it comes with the places in its code before it
                raise DataProblem(str(error).strip().splitlines()[-1].rpartition("DataProblem: ")[2]) from error
            yield picked, self._finish.training(pictures, seed + batch)

    def first(self, count: int) -> torch.Tensor:
        """Read here and now."""
        pictures = torch.stack([self._pictures[place] for place in range(min(count, len(self._pictures)))])
        return self._finish.training(pictures, 0)


class Compact:
    """Batches of pictures that lie in memory as whole numbers from 0 to 255, a quarter of what the network gets."""

    def __init__(self, pictures: torch.Tensor, labels: torch.Tensor, finish: Finish) -> None:
        """Pictures (n, channels, height, width) on the CPU, labels on the device."""
        self.labels, self._pictures, self._finish = labels, pictures, finish

    def epoch(
        self, order: torch.Tensor, size: int, batches: range, seed: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """One selection for each batch, made ready then."""
        for batch in batches:
            picked = order[batch * size : (batch + 1) * size]
            pictures = self._pictures.index_select(0, picked)
            yield picked.to(self.labels.device), self._finish.training(pictures, seed + batch)

    def first(self, count: int) -> torch.Tensor:
        """Made ready like all others."""
        return self._finish.training(self._pictures[:count], 0)


class Finish:
    """Makes pictures as they are kept into inputs as the network gets them."""

    def __init__(self, augmenter: Augmenter, figures: Figures, device: str) -> None:
        """Figures are what is taken away and what is divided by, on the device."""
        self.augmenter, self.figures, self.device = augmenter, figures, device

    def training(self, pictures: torch.Tensor, seed: int) -> torch.Tensor:
        """Inputs on the device, changed by chance."""
        return self.augmenter.training(self.plain(pictures), seed)

    def plain(self, pictures: torch.Tensor) -> torch.Tensor:
        """Inputs on the device."""
        offset, scale = self.figures
        return pictures.to(self.device).to(torch.float32).div_(WHITE).sub_(offset).div_(scale)


def kept_where(data: Pictures) -> str:
    """How the training part is kept: "memory" ready for use, "compact" in memory, or on "disk"."""
    room = machine_memory()
    if data.keep_in != "auto" or room is None:
        return "memory" if data.keep_in == "auto" else data.keep_in
    numbers = (data.train_examples + data.test_examples) * prod(data.input_shape)
    if BYTES_OF_NUMBER * numbers <= MEMORY_SHARE * room:
        return "memory"
    return "compact" if numbers <= MEMORY_SHARE * room else "disk"


def parts_on_disk(data: Pictures, split: Split) -> tuple[Part, Part, Part | None]:
    """What to learn from, to test with and, where the split has such, to check with: all still in files.

    The split is the very one that data in memory get. Raises DataProblem.
    """
    found = fresh(data)
    train, test = _test_apart(found, split)
    count = kept_back(len(train), split.validation)
    if not count:
        return train, test, None
    stays, kept = keep_back(train.targets, count, split.stratified, split.seed)
    return _some(train, stays), test, _some(train, kept)


def _test_apart(found: Found, split: Split) -> tuple[Part, Part]:
    if found.test is not None:
        return found.train, found.test
    count = kept_back(len(found.train), split.test)
    stays, kept = keep_back(found.train.targets, count, split.stratified, split.seed)
    return _some(found.train, stays), _some(found.train, kept)


def _some(part: Part, places: Indices) -> Part:
    assert isinstance(part.inputs, PictureFiles)
    return Part(part.inputs.picked(places), part.targets[places])


def pixels_of(part: Part, bytes_each: int = BYTES_OF_NUMBER) -> torch.Tensor:
    """All pictures of a part as whole numbers from 0 to 255, where later so many bytes each would fit.

    Raises DataProblem where they do not.
    """
    assert isinstance(part.inputs, PictureFiles)
    size, room = len(part) * prod(part.inputs.shape), machine_memory()
    if room is not None and size * bytes_each > MEMORY_SHARE * room:
        raise DataProblem(f"{len(part):,} pictures do not fit into memory. Choose a smaller size of the pictures.")
    pixels = np.empty((len(part), *part.inputs.shape), np.uint8)
    for place in range(len(part)):
        pixels[place] = read_one(part.inputs, place)
    return torch.from_numpy(pixels)


def shown_of(part: Part) -> Part:
    """A share of a part that is small enough to be looked at, spread evenly over all of it."""
    assert isinstance(part.inputs, PictureFiles)
    most = max(1, MOST_SHOWN // (BYTES_OF_NUMBER * prod(part.inputs.shape)))
    return _some(part, np.unique(np.linspace(0, len(part) - 1, min(most, len(part))).astype(np.int64)))


def figures_of(pixels: torch.Tensor, how: str) -> Figures:
    """What to take away from pixels from 0 to 1, and what to divide by."""
    if how == "none":
        return 0.0, 1.0
    offset, scale = offset_and_scale(pixels.numpy().astype(np.float32) / np.float32(WHITE), how)
    return torch.from_numpy(offset), torch.from_numpy(scale)


def examples_of(part: Part, pixels: torch.Tensor, finish: Finish) -> Examples:
    """A part in memory, ready for use."""
    offset, scale = finish.figures
    return Examples(finish.plain(pixels), torch.from_numpy(part.targets).to(finish.device), scale, offset)


def load_large(
    data: Pictures, transforms: Sequence[Any], device: str, split: Split
) -> tuple[Tensors, FromDisk | Compact]:
    """What is looked at, and batches of the whole training part. Raises DataProblem and ValueError."""
    train, test, validation = parts_on_disk(data, split)
    shown = shown_of(train)
    shown_pixels = pixels_of(shown)
    offset, scale = _on(device, figures_of(shown_pixels, data.normalising))
    augmenter = Augmenter(transforms, scale, offset)
    finish = Finish(augmenter, (offset, scale), device)
    tested = augmenter.examples(examples_of(test, pixels_of(test), finish))
    checked = augmenter.examples(examples_of(validation, pixels_of(validation), finish)) if validation else tested
    return Tensors(examples_of(shown, shown_pixels, finish), tested, checked), _batches(data, train, finish)


def _batches(data: Pictures, train: Part, finish: Finish) -> FromDisk | Compact:
    labels = torch.from_numpy(train.targets).to(finish.device)
    if kept_where(data) == "disk":
        assert isinstance(train.inputs, PictureFiles)
        return FromDisk(train.inputs, labels, finish, data.workers)
    return Compact(pixels_of(train, BYTES_OF_PIXEL), labels, finish)


def _on(device: str, figures: Figures) -> Figures:
    offset, scale = (figure.to(device) if isinstance(figure, torch.Tensor) else figure for figure in figures)
    return offset, scale

"""Files as people have them, for tests: pictures, tables and what is said about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.own_data import DataProblem, scan
from engine.recipes.data_sets import OwnData

chance = np.random.default_rng(0)


def picture(path: Path, width: int = 10, height: int = 8, colours: bool = True) -> Path:
    """A file of noise in the format of its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(chance.integers(0, 256, (height, width, 3)[: 2 + colours], np.uint8)).save(path)
    return path


def folder(root: Path, *classes: str, count: int = 4, **looks: Any) -> Path:
    for name in classes:
        for number in range(count):
            picture(root / name / f"{number}.png", **looks)
    return root


def text(path: Path, content: str) -> Path:
    path.write_text(content, "utf-8")
    return path


def refused(path: Path, choices: OwnData | None = None) -> str:
    with pytest.raises(DataProblem) as caught:
        scan(path, choices)
    said = str(caught.value)
    assert said.endswith(".") and len(said) < 600
    return said

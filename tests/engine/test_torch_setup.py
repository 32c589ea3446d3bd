"""torchvision is usable beside any build of torch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_models_and_transforms_work_however_torchvision_was_built() -> None:
    """In a process of its own, because the first import of torchvision decides."""
    code = """
from engine.torch_setup import import_torchvision
torchvision = import_torchvision()
assert import_torchvision() is torchvision
import torch, torchvision.models, torchvision.datasets
from torchvision.transforms import v2
assert torchvision.models.resnet18().eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)
assert v2.Resize((4, 4))(torch.zeros(3, 8, 8)).shape == (3, 4, 4)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

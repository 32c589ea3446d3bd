"""Import torchvision also where its compiled operators do not fit the torch that is installed.

The registry's torchvision is linked against the CUDA build of torch. Beside a CPU-only torch its operators do not
load, and `import torchvision` fails with "operator torchvision::nms does not exist". Declaring the two operators
first is enough for data sets, models and transforms; only detection stays without them.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

_MISSING = ("torchvision::nms", "torchvision::qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision() -> ModuleType:
    """torchvision, with its operators declared where they are missing. Raises ImportError without torchvision."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # half of it was imported
    for name in _MISSING:
        torch.library.define(name, _SCHEMA)
    return importlib.import_module("torchvision")

"""Import torchvision also where its compiled operators do not fit the torch that is installed.

The registry's torchvision is linked against the CUDA build of torch. Beside a CPU-only torch its operators do not
load, and `import torchvision` fails with "operator torchvision::nms does not exist". Declaring the two operators
first is enough for data sets, models and transforms; only detection stays without them.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch

_MISSING = ("torchvision::nms", "torchvision::qnms")
_COMPILER = "torch._dynamo"

_PARTS_OF_MODELS = ("misc", "stochastic_depth")
"""Files of torchvision.ops whose names some models take from the package."""

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision() -> ModuleType:
    """torchvision, with its operators declared where they are missing. Raises ImportError without torchvision."""
    if not _is_whole():
        _forget()  # it may have stood empty for one model
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    _forget()  # half of it was imported
    for name in _MISSING:
        torch.library.define(name, _SCHEMA)
    return importlib.import_module("torchvision")


def model_maker(name: str) -> Callable[..., Any] | None:
    """The function that makes one of torchvision's models for classification, with only its own file loaded.

    All of torchvision brings detection along, and with it PyTorch's compiler, which takes longer to load than
    everything that a model needs. So the packages stand empty, for the files in them to be found. This is for a
    process that uses torchvision for nothing else. None where it cannot be done so: then import all of it.
    """
    file = None if _is_whole() else _file_of(name)
    if not file:
        return None
    try:
        _stand_empty("torchvision", "torchvision.models", "torchvision.ops")
        for part in _PARTS_OF_MODELS:
            vars(sys.modules["torchvision.ops"]).update(vars(importlib.import_module(f"torchvision.ops.{part}")))
        importlib.import_module(f"torchvision.models.{file}")
        known = importlib.import_module("torchvision.models._api")
        return cast("Callable[..., Any]", known.get_model_builder(name))
    except (ImportError, AttributeError, ValueError):  # another torchvision may be arranged in another way
        _forget()
        return None


def torchmetrics_part(name: str) -> ModuleType:
    """A part of torchmetrics, such as `functional.classification`, without all the others where that can be done.

    All of them bring torchvision and more along, which takes seconds and fails where torchvision lacks its operators.
    """
    whole = f"torchmetrics.{name}"
    if not hasattr(sys.modules.get("torchmetrics"), "Metric"):
        try:
            _stand_empty("torchmetrics", "torchmetrics.functional")
            vars(sys.modules["torchmetrics"]).setdefault("_logger", logging.getLogger("torchmetrics"))
            return importlib.import_module(whole)
        except (ImportError, AttributeError):  # another torchmetrics may be arranged in another way
            _forget("torchmetrics")
            with suppress(ImportError):
                import_torchvision()
    return importlib.import_module(whole)


def _is_whole() -> bool:
    """Whether all of torchvision was imported."""
    return hasattr(sys.modules.get("torchvision"), "models")


def _file_of(name: str) -> str | None:
    """The file of torchvision.models in which a function of this name is written."""
    found = sys.modules.get("torchvision")
    torchvision = found.__spec__ if found else importlib.util.find_spec("torchvision")
    if torchvision is None:
        return None
    folders = [Path(place, "models") for place in torchvision.submodule_search_locations or ()]
    files = (file for folder in folders for file in folder.glob("[!_]*.py"))
    return next((file.stem for file in files if f"\ndef {name}(" in file.read_text("utf-8")), None)


def _stand_empty(*packages: str) -> None:
    """Let files of packages be imported without what the packages import themselves."""
    for package in packages:
        if package not in sys.modules:
            spec = importlib.util.find_spec(package)
            if spec is None:
                raise ImportError(package)
            sys.modules[package] = importlib.util.module_from_spec(spec)


def _forget(package: str = "torchvision") -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def put_off_compiler() -> None:
    """Keep PyTorch's compiler out until something is wanted of it.

    Some operations on tensors without numbers import `torch._dynamo`, only to say that they are not to be compiled.
    Loading it takes longer than following a large network. This is for a process that compiles nothing.
    """
    sys.modules.setdefault(_COMPILER, _PutOff(_COMPILER))


class _PutOff(ModuleType):
    """Stands where the compiler would be, and gives way to it."""

    def disable(self, function: Callable[..., Any] | None = None, *args: Any, **options: Any) -> Any:
        """The function as it is: nothing would compile it."""
        return function if function is not None else self.__getattr__("disable")(function, *args, **options)

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(_COMPILER) is self:
            del sys.modules[_COMPILER]
        return getattr(importlib.import_module(_COMPILER), name)

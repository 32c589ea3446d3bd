"""Make the module that a request names. This runs code of others: only in a process of its own."""

from __future__ import annotations

import importlib.util
import sys
import traceback
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from engine.importing.model_files import import_file
from engine.importing.modelling import import_module
from engine.importing.outcome import Imported, ImportFailed
from engine.importing.request import TORCHVISION, Request
from engine.importing.tracing import DataDecides, input_names
from engine.importing.untrained import few_random_numbers
from engine.torch_setup import import_torchvision, model_maker, put_off_compiler

OURS = (str(Path(__file__).parent), str(Path(torch.__file__).parent))


def imported(request: Request, alone: bool = False) -> Imported:
    """The drawing of the module. Raises ImportFailed with a sentence for everything that can go wrong.

    The weights of torchvision's models are made without their random numbers: the drawing does not hold them. In a
    process that is `alone` with this import, only the files of torchvision are loaded that the model needs.
    """
    warnings.simplefilter("ignore")
    if request.is_model_file:
        return import_file(request)
    module = make(request) if request.needs_consent else _made_quickly(request, alone)
    entries = request.shapes()
    wanted = input_names(module)
    if len(wanted) > len(entries):
        raise ImportFailed(
            f"{request.name}.forward takes {len(wanted)} tensors ({', '.join(wanted)}). Give --shape once for each."
        )
    kinds = [torch.int64 if entry.ids else torch.float32 for entry in entries]
    try:
        return import_module(module, [entry.shape for entry in entries], request.name, kinds)
    except DataDecides as error:
        raise ImportFailed(
            f"{request.name} cannot be followed: {_place(error, request)} {error}. What happens then depends on the "
            "data, and a drawing has one way for all data. Choose by sizes or settings there, or import its parts."
        ) from error
    except Exception as error:
        sizes = " and ".join("×".join(map(str, entry.shape)) for entry in entries)
        raise ImportFailed(
            f"{request.name} fails with an example of {sizes}: {_place(error, request)} {_said(error)}. "
            "If it is made for another size, give that with --shape."
        ) from error


def make(request: Request) -> nn.Module:
    """The module, with random weights. Raises ImportFailed."""
    return _made(request, _from_file(request) if request.needs_consent else _from_torchvision(request))


def _made_quickly(request: Request, alone: bool) -> nn.Module:
    if alone:
        put_off_compiler()
    maker = (model_maker(request.name) if alone else None) or _from_torchvision(request)
    with few_random_numbers():
        return _made(request, maker)


def _made(request: Request, maker: Callable[..., Any]) -> nn.Module:
    args, options = request.made_with()
    if request.source == TORCHVISION and request.name in ("googlenet", "inception_v3"):
        options.setdefault("init_weights", False)
    try:
        module = maker(*args, **options)
    except Exception as error:
        raise ImportFailed(
            f"{request.name} could not be made: {_place(error, request)} {_said(error)}. "
            "Arguments can be given with --args, such as '{\"num_classes\": 10}'."
        ) from error
    if not isinstance(module, nn.Module):
        raise ImportFailed(f"{request.name} gives {type(module).__name__}, which is no torch.nn.Module.")
    return module


def _from_torchvision(request: Request) -> Callable[..., Any]:
    try:
        models = import_torchvision().models
    except ImportError as error:
        raise ImportFailed(f"torchvision is not installed: {error}.") from error
    known = models.list_models(module=models)
    if request.name not in known:
        near = get_close_matches(request.name, known, 5, 0.3) or known[:5]
        raise ImportFailed(f"torchvision has no classification model {request.name}. It has {', '.join(near)} ...")
    return cast("Callable[..., Any]", getattr(models, request.name))


def _from_file(request: Request) -> Callable[..., Any]:
    path = Path(request.source)
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ImportFailed(f"{Path(error.filename or path).name}, line {error.lineno}: {error.msg}.") from error
    except (Exception, SystemExit) as error:
        raise ImportFailed(f"{path.name} cannot be run: {_place(error, request)} {_said(error)}.") from error
    found = getattr(module, request.name, None)
    if callable(found):
        return cast("Callable[..., Any]", found)
    classes = [name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, nn.Module)]
    offer = f" It has {', '.join(classes)}." if classes else " It has no class that is a torch.nn.Module."
    raise ImportFailed(f"{path.name} has no {request.name}.{offer}")


def _said(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, request: Request) -> str:
    """The last line of the person's own code on the way to an error: `in model.py, line 12,`."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(OURS)]
    own = [frame for frame in frames if frame.filename == request.source] or frames
    return f"in {Path(own[-1].filename).name}, line {own[-1].lineno}," if own else "PyTorch says"

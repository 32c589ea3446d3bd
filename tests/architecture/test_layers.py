"""Who may import whom, how long a file and a function may be, and which words stay out."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("engine", "widgets", "app")
PRODUCT = (*LAYERS, "resources")
QT = {"PySide6", "pyqtgraph", "shiboken6"}
TORCH = {"torch", "torchvision"}
MAY_NOT = {"engine": QT | {"widgets", "app"}, "widgets": TORCH | {"app"}, "app": TORCH, "resources": set(LAYERS)}
NEED_TORCH = {
    "engine.importing",
    "engine.training.learner",
    "engine.model",
    "engine.training.metrics",
    "engine.training.testing",
    "engine.torch_setup",
    "engine.training.trainer",
    "engine.training.warming",
}
NEED_TORCH_FOLDERS = ("engine.data", "engine.insight", "engine.training")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:work|home|root|Users)/|\bissue (?:#?\d+|[A-Z])\b"
    r"|\b(?:TODO|FIXME|XXX)\b|type: ignore|# noqa(?!: E402)"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def needs_torch(module: str) -> bool:
    folders = tuple(f"{folder}." for folder in NEED_TORCH_FOLDERS)
    return module in NEED_TORCH or module in NEED_TORCH_FOLDERS or module.startswith(folders)


def length(function: Function) -> int:
    """Lines of a function without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", sources(*PRODUCT), ids=name_of)
def test_layers_only_look_down(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    imported = set(imports(ast.parse(path.read_text("utf-8"))))
    assert not MAY_NOT[layer] & {name.split(".")[0] for name in imported}


@pytest.mark.parametrize("path", sources("widgets", "app"), ids=name_of)
def test_the_window_keeps_away_from_what_needs_torch(path: Path) -> None:
    assert not {name for name in imports(ast.parse(path.read_text("utf-8"))) if needs_torch(name)}


@pytest.mark.parametrize("path", sources("widgets"), ids=name_of)
def test_widgets_know_no_document(path: Path) -> None:
    """A widget shows values and asks; the one holder of state lives above it."""
    assert "QUndoStack" not in path.read_text("utf-8")


def test_nothing_of_the_window_brings_torch_in() -> None:
    """In one fresh process, because this one may hold torch already."""
    modules = [module_name(path) for path in sources("widgets", "app") if path.name != "__main__.py"]
    modules += [name for path in sources("app") if path.name == "__main__.py" for name in [module_name(path)]]
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
    found = [torch for torch in {sorted(TORCH)!r} if torch in sys.modules]
    if found:
        sys.exit(name + " brings " + found[0] + " in")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_checking_a_drawing_needs_neither_torch_nor_qt() -> None:
    names = ("graph", "blocks", "check", "program", "lower", "project", "problems", "settings", "recipes", "events")
    modules = [
        f"engine.{name}"
        for name in names
        if (ROOT / "engine" / f"{name}.py").exists() or (ROOT / "engine" / name / "__init__.py").exists()
    ]
    banned = sorted(TORCH | QT)
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
sys.exit(", ".join(name for name in {banned!r} if name in sys.modules) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sources(*PRODUCT, "packaging", "benchmarks"), ids=name_of)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]
    assert not {node.name: length(node) for node in functions if length(node) > LONGEST_FUNCTION}


@pytest.mark.parametrize("path", sources(*PRODUCT, "packaging", "benchmarks", "tests"), ids=name_of)
def test_files_speak_of_the_product_alone(path: Path) -> None:
    if path == Path(__file__):
        return  # the words have to stand somewhere
    lines = path.read_text("utf-8").splitlines()
    assert not [f"{number}: {line}" for number, line in enumerate(lines, 1) if FORBIDDEN.search(line)]

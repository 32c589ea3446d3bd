"""The script behind `make setup`: when it works, and what it says when it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine import system_libraries
from engine.system_libraries import MissingLibrary

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

import setup_environment as setup  # noqa: E402  (a script, found only once its folder is on the path)


def test_the_script_needs_nothing_but_python() -> None:
    """-S leaves site-packages out, -E the environment, as on a fresh machine."""
    command = [sys.executable, "-S", "-E", "packaging/setup_environment.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_another_recipe_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recipe = tmp_path / "constraints.txt"
    monkeypatch.setattr(setup, "RECIPE", (recipe,))
    recipe.write_text("torch==2.13.0\n")
    before = setup.fingerprint()
    assert setup.fingerprint() == before
    recipe.write_text("torch==2.14.0\n")
    assert setup.fingerprint() != before


def test_a_ready_environment_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python, stamp = tmp_path / "python", tmp_path / "stamp"
    python.touch()
    stamp.write_text(setup.fingerprint(), "utf-8")
    monkeypatch.setattr(setup, "PYTHON", python)
    monkeypatch.setattr(setup, "STAMP", stamp)
    assert setup.provide_packages() == 0
    assert python.read_bytes() == b""


def test_a_missing_library_ends_the_command_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda: (MissingLibrary("libGL.so.1", "libgl1"),))
    monkeypatch.setattr(system_libraries, "may_install", lambda: False)
    assert setup.provide_system(with_tests=False) is False
    assert "libGL.so.1" in capsys.readouterr().err


def test_missing_test_programs_are_named_but_stop_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda: ())
    monkeypatch.setattr(system_libraries, "missing_test_programs", lambda: ("xvfb",))
    monkeypatch.setattr(system_libraries, "may_install", lambda: False)
    assert setup.provide_system(with_tests=True) is True
    assert "apt-get install -y xvfb" in capsys.readouterr().out


def test_every_dependency_has_a_tested_version() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [row for rows in project["optional-dependencies"].values() for row in rows]
    wanted = [row for row in (*project["dependencies"], *extras) if not row.startswith("layerloom[")]
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    assert not [row for row in wanted if row.split(">")[0].split("=")[0].lower() not in pinned]


def test_the_top_level_holds_what_it_should() -> None:
    allowed = {
        "app", "benchmarks", "docs", "engine", "packaging", "resources", "tests", "widgets",
        "constraints.txt", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml", "README.md",
    }  # fmt: skip
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("only git knows what belongs to a checkout")
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= allowed

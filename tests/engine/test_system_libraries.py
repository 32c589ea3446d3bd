"""What is said about missing system libraries."""

import sys
from pathlib import Path

import pytest

from engine import system_libraries as libraries


def test_a_library_that_is_not_there_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(libraries, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    assert libraries.missing_libraries() == (libraries.MissingLibrary("libnowhere.so.9", "libnowhere9"),)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these libraries")
def test_a_library_that_is_there_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "LIBRARIES", {"libc.so.6": "libc6"})
    assert libraries.missing_libraries() == ()


def test_nothing_is_missing_where_the_packages_bring_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(libraries, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    assert libraries.missing_libraries() == ()
    assert libraries.missing_test_programs() == ()


def test_the_explanation_names_each_library_and_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apt = tmp_path / "apt-get"
    apt.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = [libraries.MissingLibrary("libGL.so.1", "libgl1"), libraries.MissingLibrary("libEGL.so.1", "libegl1")]
    text = libraries.explain(rows)
    assert "libGL.so.1" in text and "libEGL.so.1" in text
    assert "sudo apt-get install -y libgl1 libegl1\n" in text
    assert "sudo apt-get install -y libgl1 libegl1 python3.11-venv\n" in libraries.explain(rows, ["python3.11-venv"])


def test_without_apt_the_explanation_names_the_packages_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    text = libraries.explain([libraries.MissingLibrary("libGL.so.1", "libgl1")])
    assert "libgl1" in text and "sudo" not in text
    assert not libraries.may_install()


def test_nothing_missing_needs_no_words() -> None:
    assert libraries.explain(()) == ""

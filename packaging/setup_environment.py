"""Make .venv with everything Layerloom needs, and look after the system libraries that Qt needs.

Run by `make setup`, `make run` and `make test`; needs Python 3.11 or newer and nothing else.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from engine import system_libraries  # noqa: E402  (found only once the root is on the path)

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "layerloom-setup"
RECIPE = (ROOT / "pyproject.toml", ROOT / "constraints.txt")


def main() -> int:
    """Do what the command line asks; 0 when the environment is ready."""
    parser = argparse.ArgumentParser(description="Make the environment that Layerloom runs in.")
    parser.add_argument("--system", action="store_true", help="also look for the system libraries of the window")
    parser.add_argument("--tests", action="store_true", help="also look for what the window tests need")
    parser.add_argument("--system-only", action="store_true", help="leave the Python packages alone")
    wishes = parser.parse_args()
    if wishes.system or wishes.tests:
        ready = provide_system(with_tests=wishes.tests)
        if not ready:
            return 1
    return 0 if wishes.system_only else provide_packages()


def provide_system(with_tests: bool) -> bool:
    """See that Qt finds its libraries; as root on Debian install them, else say what to type."""
    missing = system_libraries.missing_libraries()
    programs = system_libraries.missing_test_programs() if with_tests else ()
    besides = [] if PYTHON.exists() or has_ensurepip() else [venv_package()]
    if (missing or programs) and system_libraries.may_install():
        install_packages([*(library.package for library in missing), *programs, *besides])
        missing = system_libraries.missing_libraries()
        programs = system_libraries.missing_test_programs() if with_tests else ()
    if programs:
        print("The tests that drive a real window are left out. To run them too:")
        print(f"\n  {system_libraries.install_line(programs)}\n", flush=True)
    if missing:
        print(system_libraries.explain(missing, besides), file=sys.stderr)
    return not missing


def install_packages(packages: list[str]) -> None:
    """Install packages of the system; a failure is told by what is still missing afterwards."""
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], env=quiet, stdin=subprocess.DEVNULL, check=False)


def provide_packages() -> int:
    """Make .venv if it is not there or no longer what the recipe says."""
    if STAMP.exists() and PYTHON.exists() and STAMP.read_text("utf-8") == fingerprint():
        return 0
    if not PYTHON.exists() and not make_venv():
        return 1
    print("Installing Layerloom's packages into .venv; the first time takes some minutes.", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    once = ["--no-compile"] if os.environ.get("CI") else []  # half a minute, for files that one check never opens
    command = [*pip, "install", "--quiet", *once, "--constraint", str(RECIPE[1]), "--editable", f"{ROOT}[dev]"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        print(
            "The packages could not be installed; the lines above say why. Then run the command again.", file=sys.stderr
        )
        return done.returncode
    STAMP.write_text(fingerprint(), "utf-8")
    return 0


def make_venv() -> bool:
    """Make an empty .venv with pip in it, or say what is missing for that."""
    if not has_ensurepip():
        if system_libraries.may_install():
            install_packages([venv_package()])
        if not has_ensurepip():
            line = system_libraries.install_line([venv_package()])
            print(
                f"This Python cannot make virtual environments. Install what is missing with:\n\n  {line}\n",
                file=sys.stderr,
            )
            return False
    print("Making .venv", flush=True)
    venv.create(VENV, with_pip=True, clear=VENV.exists())
    return True


def has_ensurepip() -> bool:
    """Whether this Python can make .venv; asked in a fresh process, because this one remembers what was not there."""
    code = "import ensurepip"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def venv_package() -> str:
    """Debian keeps `ensurepip` in a package of its own for each version of Python."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def fingerprint() -> str:
    """What the environment was made from: another recipe or another Python means making it again."""
    digest = hashlib.sha256(sysconfig.get_platform().encode() + str(sys.version_info[:2]).encode())
    for file in RECIPE:
        digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())

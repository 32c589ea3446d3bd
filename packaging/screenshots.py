"""Run the scenes of scenes.py in an environment of their own: no screen needed, nobody's own settings touched."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Draw all scenes, or those that are named on the command line."""
    with tempfile.TemporaryDirectory(prefix="layerloom-") as store:
        environment = {
            "QT_QPA_PLATFORM": "offscreen",
            **os.environ,
            "HOME": store,
            "XDG_CONFIG_HOME": store,
            "XDG_DATA_HOME": store,
            "PYTHONPATH": str(HERE.parent),
        }
        command = [sys.executable, str(HERE / "scenes.py"), *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Memory of both processes over a long run with every view open; say how many steps: `--steps 1000000`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

STEPS = 100_000
"""So many by default: enough to see a leak, and over in two minutes."""
MOST = 20.0
"""MB by which the two processes together may grow after the first tenth of the run."""


def resident(process: int) -> float:
    """MB that a process holds in memory, Linux only."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def grown(steps: int) -> None:
    """Print the memory of window and training process ten times over the run."""
    from benchmarks.window import Desk, until

    desk = Desk("spiral")
    recipe = desk.window.document.project.recipe.changed(threads=1, device="cpu", batch_size=1)
    desk.window.document.edit("Small steps", recipe)
    desk.train()
    rows = []
    for part in range(1, 11):
        goal = steps * part // 10
        while desk.last_step < goal and desk.runner.state == "training":
            until(lambda: False, 0.25)
        worker = desk.runner.process_id
        assert worker is not None
        rows.append((desk.last_step, resident(os.getpid()), resident(worker)))
        print(f"  {rows[-1][0]:>9,} steps: window {rows[-1][1]:.1f} MB, training {rows[-1][2]:.1f} MB", flush=True)
    desk.window.session.stop()
    growth = sum(rows[-1][1:]) - sum(rows[0][1:])
    print(f"  grew {growth:.1f} MB after the first tenth; to reach: less than {MOST:.0f} MB")
    desk.close()


def main() -> None:
    """In a process of its own, with settings of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if "--case" in sys.argv:
        grown(int(sys.argv[-1]))
        return
    steps = sys.argv[sys.argv.index("--steps") + 1] if "--steps" in sys.argv else str(STEPS)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        command = [sys.executable, "-m", "benchmarks.memory", "--case", steps]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[1])


if __name__ == "__main__":
    main()

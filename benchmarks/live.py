"""Training in the real window, every view on and painting, against a plain PyTorch loop with the same thread count.

Both take turns in one run: while the plain loop is measured in its own process, the window's run is paused.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from engine.lower import Source, lower, write
from engine.recipes.recipe import Recipe

ROOT = Path(__file__).parents[1]
ROUNDS = 6
SECONDS, SLOW_SECONDS = 4.0, 12.0
RESNET = "resnet18.loom"
GOALS = {"spiral": 0.97, "mlp": 0.97, "cnn": 0.97, RESNET: 0.98}


@dataclass(frozen=True)
class Given:
    """What the plain loop trains."""

    source: Source
    recipe: Recipe


def ratios(template: str) -> list[tuple[float, float]]:
    """Pairs of steps a second: the plain loop's and the window's."""
    from benchmarks.training import serve_plain_loops
    from benchmarks.window import Desk, until

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_plain_loops, args=(theirs,), daemon=True)
    process.start()
    desk = Desk(template)
    project, report = desk.window.document.project, desk.window.document.report
    recipe = project.recipe.changed(threads=1, device="cpu")
    if template == RESNET:
        recipe = recipe.changed(batch_size=16)
    desk.window.document.edit("One thread", recipe)
    given = Given(write(lower(project.graph, report)), recipe)
    desk.train()
    pairs = []
    for turn in range(ROUNDS + 1):
        desk.window.session.train_or_pause()
        until(lambda: desk.runner.state == "paused", 20)
        ours.send(given)
        until(ours.poll, 60)
        plain = ours.recv()
        desk.window.session.train_or_pause()
        until(lambda: desk.runner.state == "training", 20)
        until(lambda: False, 0.3)
        first, began = desk.last_step, desk.last_step_at
        until(lambda: False, SLOW_SECONDS if template == RESNET else SECONDS)
        mine = (desk.last_step - first) / (desk.last_step_at - began)
        pairs += [(plain, mine)] if turn else []  # the first turn loads data
    ours.send(None)
    desk.close()
    return pairs


def make_resnet(path: Path, environment: dict[str, str]) -> None:
    """ResNet-18 on pictures of 64 by 64 pixels, as the importer draws it."""
    command = [sys.executable, "-m", "app", "import", "torchvision:resnet18", "--shape", "3,64,64"]
    words = [*command, "--args", '{"num_classes": 10}', "-o", str(path)]
    subprocess.run(words, check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print the ratios; each template runs in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if len(sys.argv) > 2 and sys.argv[1] == "--case":
        pairs = ratios(sys.argv[2])
        shares = [mine / plain for plain, mine in pairs]
        plain, mine = median(p for p, _ in pairs), median(m for _, m in pairs)
        goal = GOALS[sys.argv[2]]
        print(
            f"  {sys.argv[2]:8} plain {plain:,.0f} steps/s, in the window {mine:,.0f} steps/s, ratio "
            f"{median(shares):.1%} [{min(shares):.0%}-{max(shares):.0%}], to reach {goal:.0%}"
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        make_resnet(Path(folder) / RESNET, environment)
        for template in GOALS:
            command = [sys.executable, "-m", "benchmarks.live", "--case", template]
            subprocess.run(command, check=True, env={**environment, "PYTHONPATH": str(ROOT)}, cwd=folder)


if __name__ == "__main__":
    main()

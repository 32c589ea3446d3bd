"""The drawing as a notebook that runs from top to bottom: the network, its data, training, the curve, the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from string import Template
from typing import Any

from engine.export.loss_code import aims_text, values_text
from engine.export.main_code import ready_loss
from engine.export.markdown import plain_text, table_of_blocks
from engine.export.patience_code import PATIENCE, patience_text
from engine.export.pieces import Piece, call_text, import_block, names_in
from engine.export.schedule_code import after_epoch, counts_moves, has_schedule, schedule_imports, schedule_piece
from engine.export.schedule_code import schedule_text as text_of_schedule
from engine.export.step_code import (
    answers_piece,
    answers_text,
    batches_piece,
    evaluation_piece,
    first_text,
    step_piece,
)
from engine.export.training_code import (
    ON_DEVICE,
    Plan,
    begun_network,
    data_and_loss,
    measured,
    network_piece,
    optimizer_text,
    plan_of,
)
from engine.export.weights_code import loading_piece
from engine.project import Project


def export_notebook(project: Project) -> str:
    """The text of the notebook. Raises NotReady while the drawing cannot be trained, and CannotExport."""
    plan = plan_of(project)
    recipe = plan.recipe
    learning = [batches_piece(plan), answers_piece(plan), step_piece(plan, weighted=False), evaluation_piece(plan)]
    learning += [schedule_piece(recipe), PATIENCE if recipe.patience else None, _training(plan)]
    data, loss = data_and_loss(plan)
    parts = {
        "Settings": [_settings(plan)],
        "Network": list[Piece](),
        "Data": [data, ON_DEVICE, _loading(plan)],
        "Loss": [loss],
        "Training": [piece for piece in learning if piece],
        "Curve": [_CURVE],
        "Answers": [_answers(plan)],
        "Weights": [_KEEPING],
    }
    pieces = [piece for several in parts.values() for piece in several]
    begin = [loading_piece(plan.begins, "WEIGHTS_FOLDER")] if plan.begins else []
    parts["Network"] = [network_piece(plan, names_in([*pieces, *begin])), *begin]
    cells = [_cell(number, *cell) for number, cell in enumerate(_cells(plan, parts), 1)]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cells(plan: Plan, parts: Mapping[str, list[Piece]]) -> Iterator[tuple[str, str]]:
    """Kind and text of every cell, in order."""
    yield "markdown", f"# {plain_text(plan.title)}\n\n{_ABOUT}\n\n{table_of_blocks(plan)}"
    yield "code", import_block([piece for pieces in parts.values() for piece in pieces])
    for title, pieces in parts.items():
        about = " ".join(piece.about for piece in pieces if piece.about)
        yield "markdown", f"## {title}\n\n{about}"
        yield from (("code", piece.text.strip()) for piece in pieces)


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def _settings(plan: Plan) -> Piece:
    recipe = plan.recipe
    device = '"cuda" if torch.cuda.is_available() else "cpu"' if recipe.device == "auto" else f'"{recipe.device}"'
    lines = (
        f"EPOCHS = {recipe.epochs}",
        f"BATCH_SIZE = {recipe.batch_size}",
        f"LEARNING_RATE = {recipe.optimizer.lr!r}",
        *([f"PATIENCE = {recipe.patience}  # epochs without a better loss before the end"] if recipe.patience else []),
        f"SEED = {recipe.seed}",
        f"DEVICE = {device}",
        *([f'DATA_FILE = "{plan.data_file}"'] if plan.data_file else []),
        *(['WEIGHTS_FOLDER = "."'] if plan.begins else []),
        "",
        *([f"torch.set_num_threads({recipe.threads})"] if recipe.threads else []),
        "torch.set_flush_denormal(True)  # numbers next to 0 would slow a CPU down",
        *(_DETERMINISTIC if recipe.deterministic else ()),
    )
    imports = ("import torch", "import os" if recipe.deterministic else "")
    return Piece("\n".join(lines), imports, "As the drawing has them; change them here and run all cells.")


def _loading(plan: Plan) -> Piece:
    return Piece(Template(_LOADING).substitute(file="DATA_FILE" if plan.data_file else ""))


def _training(plan: Plan) -> Piece:
    judged, said = measured(plan)
    text = Template(_TRAINING).substitute(
        judged=judged,
        said=said,
        network=begun_network(plan, "DEVICE", "WEIGHTS_FOLDER"),
        optimizer=optimizer_text(plan, "LEARNING_RATE", "DEVICE"),
        **_steps(plan),
    )
    about = "In each epoch the network sees every example once. With the same seed every run gives the same numbers."
    imports = ("import torch", *schedule_imports(plan.recipe), "import math" if "math." in text else "")
    return Piece(text, imports, about)


def _steps(plan: Plan) -> dict[str, str]:
    """The parts of the loop that not every recipe has."""
    recipe, margin = plan.recipe, " " * 4
    values = {"loss": "".join(f"{line}\n" for line in ready_loss(plan, "DEVICE"))}
    order = "epoch_batches(len(train_data), BATCH_SIZE, generator)"
    values["loop"] = f"    for indices in {order}:\n"
    arguments = ["network", "optimizer", "inputs", "labels"]
    if recipe.accumulate > 1:
        values["loop"], arguments = _GATHERING.format(order=order), [*arguments, "place", "group"]
    trained = call_text("losses.append(train_batch", arguments, 8) + ")"
    values["train"] = trained
    after = after_epoch(recipe)
    moved = "schedule.step()" if counts_moves(recipe) else ""
    if recipe.accumulate > 1 and moved:
        moved = "if place == group - 1:\n            schedule.step()"
    values["moved"] = f"\n        {moved}" if moved else ""
    values["schedule"] = _schedule(plan)
    values["after"] = f"{margin}{after}\n" if after else ""
    if recipe.patience:
        values["after"] += "    if patience.wears_out(loss):\n        break\npatience.go_back()\n"
    return values


def _schedule(plan: Plan) -> str:
    recipe, lines = plan.recipe, ""
    if has_schedule(recipe):
        count = "len(train_batches)" if recipe.accumulate == 1 else "math.ceil(len(train_batches) / GATHER)"
        made = text_of_schedule(recipe, "LEARNING_RATE", "EPOCHS", "moves")
        if "moves" in made:
            lines = f"train_batches = epoch_batches(len(train_data), BATCH_SIZE, torch.Generator())\nmoves = {count}\n"
        lines += f"{made}\n"
    return lines + (f"{patience_text(recipe, 'PATIENCE')}\n" if recipe.patience else "")


def _answers(plan: Plan) -> Piece:
    piece = _VALUES if plan.recipe.data.classes is None else _ANSWERS
    network = answers_text(plan)
    part = network if plan.recipe.data.classes is None else network.replace("inputs", "part")
    first = values_text(plan.heads, part) if plan.recipe.data.classes is None else first_text(plan, part)
    aims = aims_text(plan.heads, plan.recipe.data) if plan.recipe.data.classes is None else ""
    return replace(piece, text=Template(piece.text).substitute(first=first, aims=aims))


_ABOUT = """\
This network was drawn with Layerloom. The notebook holds all that is needed to train it, in plain PyTorch: run the
cells from top to bottom."""

_LOADING = """
train_data, test_data = load_data($file)
train_data, test_data = on_device(train_data, DEVICE), on_device(test_data, DEVICE)
print(f"{len(train_data):,} examples to learn from, {len(test_data):,} to test with")
"""

_TRAINING = """
torch.manual_seed(SEED)  # the initial weights are drawn by chance
$network
$loss$optimizer
${schedule}generator = torch.Generator().manual_seed(SEED)
losses = []
for epoch in range(1, EPOCHS + 1):
    network.train()
$loop        inputs, labels = train_data[indices]
$train$moved
    loss, $judged = evaluate(network, test_data)
    print(f"Epoch {epoch}: $said, loss {loss:.4f} on the test set")
$after"""

_GATHERING = """\
    batches = {order}
    for number, indices in enumerate(batches):
        place = number % GATHER
        group = min(GATHER, len(batches) - number + place)  # the last may be smaller
"""

_DETERMINISTIC = (
    'os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")',
    "torch.use_deterministic_algorithms(True)",
)

_CURVE = Piece(
    """
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("Install matplotlib to see the curve. The last losses:", losses[-5:])
else:
    plt.plot(losses)
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.show()
""",
    about="The loss of every step. It should fall; where it jumps, a smaller learning rate may help.",
)

_ANSWERS = Piece(
    """
network.eval()
inputs, labels = test_data.tensors
with torch.inference_mode():
    chosen = torch.cat([chosen_classes($first) for part in inputs.split(500)])
for label in labels.unique():
    right = (chosen[labels == label] == label).float()
    print(f"class {label}: {right.mean():.1%} of {len(right):,} right")
""",
    ("import torch",),
    about="How often the network is right on examples that it never learned from, for each class.",
)

_VALUES = Piece(
    """
network.eval()
inputs, labels = test_data.tensors
with torch.inference_mode():
    inputs, labels = inputs[:10], labels[:10]
    outputs = $first
for output, label in zip(outputs, $aims):
    print(f"output {output.tolist()}, target {label.tolist()}")
""",
    ("import torch",),
    about="What the network makes of the first examples that it never learned from, and what was to come out.",
)

_KEEPING = Piece(
    """
torch.save(network.state_dict(), "weights.pt")

again = Network()
again.load_state_dict(torch.load("weights.pt", map_location="cpu", weights_only=True))
""",
    ("import torch",),
    about="What the network has learned, in a file, and back into a new network.",
)

"""The drawing as a notebook that runs from top to bottom: the network, its data, training, the curve, the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import Template
from typing import Any

from engine.export.markdown import plain_text, table_of_blocks
from engine.export.pieces import Piece, import_block, names_in
from engine.export.training_code import (
    ON_DEVICE,
    Plan,
    batches_piece,
    begun_network,
    data_and_loss,
    evaluation_piece,
    measured,
    network_piece,
    optimizer_text,
    plan_of,
    step_piece,
)
from engine.export.weights_code import loading_piece
from engine.project import Project


def export_notebook(project: Project) -> str:
    """The text of the notebook. Raises NotReady while the drawing cannot be trained, and CannotExport."""
    plan = plan_of(project)
    pieces = [*data_and_loss(plan), ON_DEVICE, batches_piece(plan), step_piece(plan, weighted=False)]
    pieces += [
        evaluation_piece(plan),
        _settings(plan),
        _loading(plan),
        _training(plan),
        _CURVE,
        _answers(plan),
        _KEEPING,
    ]
    begin = [loading_piece(plan.begins, "WEIGHTS_FOLDER")] if plan.begins else []
    network = [network_piece(plan, names_in([*pieces, *begin])), *begin]
    cells = [_cell(number, *cell) for number, cell in enumerate(_cells(plan, network, pieces), 1)]
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


def _cells(plan: Plan, network: list[Piece], pieces: list[Piece]) -> Iterator[tuple[str, str]]:
    """Kind and text of every cell, in order."""
    data, loss, device, batches, step, evaluation, settings, loading, training, *rest = pieces
    yield "markdown", f"# {plain_text(plan.title)}\n\n{_ABOUT}\n\n{table_of_blocks(plan)}"
    yield "code", import_block([*network, *pieces])
    for title, parts in (
        ("Settings", [settings]),
        ("Network", network),
        ("Data", [data, device, loading]),
        ("Loss", [loss]),
        ("Training", [batches, step, evaluation, training]),
        *zip(("Curve", "Answers", "Weights"), ([piece] for piece in rest), strict=True),
    ):
        about = " ".join(part.about for part in parts if part.about)
        yield "markdown", f"## {title}\n\n{about}"
        yield from (("code", part.text.strip()) for part in parts)


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
        f"SEED = {recipe.seed}",
        f"DEVICE = {device}",
        *([f'DATA_FILE = "{plan.data_file}"'] if plan.data_file else []),
        *(['WEIGHTS_FOLDER = "."'] if plan.begins else []),
        "",
        *([f"torch.set_num_threads({recipe.threads})"] if recipe.threads else []),
        "torch.set_flush_denormal(True)  # numbers next to 0 would slow a CPU down",
    )
    return Piece("\n".join(lines), ("import torch",), "As the drawing has them; change them here and run all cells.")


def _loading(plan: Plan) -> Piece:
    return Piece(Template(_LOADING).substitute(file="DATA_FILE" if plan.data_file else ""))


def _training(plan: Plan) -> Piece:
    judged, said = measured(plan)
    text = Template(_TRAINING).substitute(
        judged=judged,
        said=said,
        network=begun_network(plan, "DEVICE", "WEIGHTS_FOLDER"),
        optimizer=optimizer_text(plan, "LEARNING_RATE"),
    )
    about = "In each epoch the network sees every example once. With the same seed every run gives the same numbers."
    return Piece(text, ("import torch",), about)


def _answers(plan: Plan) -> Piece:
    return _VALUES if plan.recipe.data.classes is None else _ANSWERS


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
$optimizer
generator = torch.Generator().manual_seed(SEED)
losses = []
for epoch in range(1, EPOCHS + 1):
    network.train()
    for indices in epoch_batches(len(train_data), BATCH_SIZE, generator):
        inputs, labels = train_data[indices]
        losses.append(train_batch(network, optimizer, inputs, labels))
    loss, $judged = evaluate(network, test_data)
    print(f"Epoch {epoch}: $said, loss {loss:.4f} on the test set")
"""

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
    chosen = torch.cat([chosen_classes(network(part)) for part in inputs.split(500)])
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
    outputs = network(inputs[:10])
for output, label in zip(outputs, labels[:10]):
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

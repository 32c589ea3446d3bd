"""The command line of a training program, and the run itself: what holds its other pieces together."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from engine.export.pieces import Piece, call_text
from engine.export.running_code import (
    CHECKPOINTS,
    EPOCH,
    LOSSES,
    PROCESSES,
    SCHEDULE,
    SHARED_BATCHES,
    shared_network_piece,
)
from engine.export.training_code import (
    ON_DEVICE,
    Plan,
    batches_piece,
    evaluation_piece,
    measured,
    optimizer_text,
    step_piece,
)
from engine.export.weights_code import loading_piece


def running_pieces(plan: Plan) -> list[Piece]:
    """Everything but network, data and loss: batches, steps, processes, checkpoints, arguments and the run itself."""
    return [
        batches_piece(plan),
        SHARED_BATCHES,
        step_piece(plan, weighted=True),
        EPOCH,
        evaluation_piece(plan),
        ON_DEVICE,
        PROCESSES,
        *([loading_piece(plan.begins, "--weights")] if plan.begins else []),
        shared_network_piece(plan),
        SCHEDULE,
        CHECKPOINTS,
        LOSSES,
        _arguments(plan),
        _main(plan),
    ]


def _arguments(plan: Plan) -> Piece:
    """The settings of the command line; they start as the drawing's recipe has them."""
    recipe = plan.recipe
    rows: list[Mapping[str, str]] = [
        _row("epochs", "how many times through all the data", type="int", default=recipe.epochs),
        _row("batch-size", "examples before each step, over all processes", type="int", default=recipe.batch_size),
        _row("lr", "learning rate", type="float", default=recipe.optimizer.lr),
        _row("schedule", "how the learning rate changes", choices=("constant", "cosine"), default="constant"),
        _row("seed", "the same seed gives the same run", type="int", default=recipe.seed),
        _row("device", "where to compute", choices=("auto", "cuda", "mps", "cpu"), default=recipe.device),
        _row("threads", "processor cores to use", type="int", default=recipe.threads),
        _row("checkpoint", "written after each epoch", type="Path", default="checkpoint.pt"),
        _row("resume", "go on from the checkpoint", action="store_true"),
        _row("losses", "a CSV file for the loss of every step", type="Path"),
    ]
    if plan.data_file:
        rows.insert(0, _row("data", "the file with the data", type="Path", default=plan.data_file))
    if plan.begins:
        about = "the folder of the weights that parts begin with"
        rows.insert(bool(plan.data_file), _row("weights", about, type="Path", default="."))
    lines = (call_text("parser.add_argument", list(row.values()), 4) for row in rows)
    text = Template(_ARGUMENTS).substitute(rows="\n".join(lines))
    return Piece(text, ("import argparse", "from pathlib import Path"))


def _row(option: str, help: str, **options: object) -> dict[str, str]:
    """The arguments of one `add_argument`, as text."""
    stated = {name: _literal(name, value) for name, value in options.items() if value is not None}
    return {
        "option": f'"--{option}"',
        **{name: f"{name}={text}" for name, text in stated.items()},
        "help": f'help="{help}"',
    }


def _literal(name: str, value: object) -> str:
    if name == "choices" and isinstance(value, tuple):
        return f"({', '.join(_literal('', word) for word in value)})"
    return f'"{value}"' if isinstance(value, str) and name != "type" else str(value)


_ARGUMENTS = '''
def parse_arguments():
    """The settings; those not given are as in the drawing."""
    parser = argparse.ArgumentParser(description="Train the network of this file.")
$rows
    return parser.parse_args()
'''

_MAIN = '''
def main():
    """Train, test after each epoch, and write checkpoints."""
    arguments = parse_arguments()
    device = choose_device(arguments.device)
    rank, processes = join_processes(device)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)  # numbers next to 0 would slow a CPU down

    train_data, test_data = load_data($data)
    train_data, test_data = on_device(train_data, device), on_device(test_data, device)
    batches = SharedBatches(
        train_data, arguments.batch_size, arguments.seed, processes, rank
    )
    torch.manual_seed(arguments.seed)  # the initial weights are drawn by chance
    network, model = make_network(device, processes$folder)
$optimizer
    steps = arguments.epochs * len(batches)
    schedule = make_schedule(optimizer, arguments.schedule, steps)

    # All that changes during a run: what a checkpoint has to remember.
    parts = {
        "network": network,
        "optimizer": optimizer,
        "schedule": schedule,
        "batches": batches,
    }
    done = 0
    if arguments.resume:
        done = load_checkpoint(arguments.checkpoint, device, parts)
    for epoch in range(done + 1, arguments.epochs + 1):
        if rank > 0:  # Dropout shall not choose the same in every process
            torch.manual_seed(arguments.seed + rank + processes * epoch)
        losses = train_epoch(model, optimizer, schedule, train_data, batches)
        if rank == 0:  # all processes have the same weights, so one is enough
            loss, $judged = evaluate(network, test_data)
            print(f"Epoch {epoch}: $said, loss {loss:.4f}", flush=True)
            save_checkpoint(arguments.checkpoint, epoch, device, parts)
            if arguments.losses:
                write_losses(arguments.losses, epoch, losses)
    if processes > 1:
        dist.barrier()  # nobody leaves while others still compute
        time.sleep(0.5)  # threads of PyTorch let go of tensors; else its end may hang
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
'''


def _main(plan: Plan) -> Piece:
    judged, said = measured(plan)
    text = Template(_MAIN).substitute(
        judged=judged,
        said=said,
        data="arguments.data" if plan.data_file else "",
        folder=", arguments.weights" if plan.begins else "",
        optimizer=optimizer_text(plan, "arguments.lr", 4),
    )
    return Piece(text, ("import time", "import torch", "import torch.distributed as dist"))

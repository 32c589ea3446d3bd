"""The command line of a training program, and the run itself: what holds its other pieces together."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from engine.export.loss_code import any_class_weights, counts_classes, holds_tensors
from engine.export.patience_code import FROM_FIRST, PATIENCE, patience_text
from engine.export.pieces import Piece, call_text
from engine.export.running_code import (
    CHECKPOINTS,
    LOSSES,
    PROCESSES,
    SCHEDULE,
    SHARED_BATCHES,
    epoch_piece,
    shared_network_piece,
)
from engine.export.schedule_code import after_epoch, counts_moves, has_schedule, schedule_imports, schedule_piece
from engine.export.schedule_code import schedule_text as text_of_schedule
from engine.export.step_code import answers_piece, batches_piece, evaluation_piece, step_piece
from engine.export.training_code import ON_DEVICE, Plan, measured, optimizer_text
from engine.export.weights_code import loading_piece


def running_pieces(plan: Plan) -> list[Piece]:
    """Everything but network, data and loss: batches, steps, processes, checkpoints, arguments and the run itself."""
    pieces = (
        batches_piece(plan),
        SHARED_BATCHES,
        answers_piece(plan),
        step_piece(plan, weighted=True),
        epoch_piece(plan),
        evaluation_piece(plan),
        ON_DEVICE,
        PROCESSES,
        FROM_FIRST if _all_need_loss(plan) else None,
        loading_piece(plan.begins, "--weights") if plan.begins else None,
        shared_network_piece(plan),
        schedule_piece(plan.recipe) if has_schedule(plan.recipe) else SCHEDULE,
        PATIENCE if plan.recipe.patience else None,
        CHECKPOINTS,
        LOSSES,
        _arguments(plan),
        _main(plan),
    )
    return [piece for piece in pieces if piece]


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
    if has_schedule(recipe):
        del rows[3]
    if recipe.patience:
        about = "epochs without a better loss before the end"
        rows.insert(1, _row("patience", about, type="int", default=recipe.patience))
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
$alone    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)  # numbers next to 0 would slow a CPU down
$deterministic
    train_data, test_data = load_data($data)
    train_data, test_data = on_device(train_data, device), on_device(test_data, device)
$loss    batches = SharedBatches(
        train_data, arguments.batch_size, arguments.seed, processes, rank
    )
    torch.manual_seed(arguments.seed)  # the initial weights are drawn by chance
    network, model = make_network(device, processes$folder)
$optimizer
$schedule

    # All that changes during a run: what a checkpoint has to remember.
    parts = {
        "network": network,
        "schedule": schedule,
        "optimizer": optimizer,
        "batches": batches,
$patience    }
    done = 0
    if arguments.resume:
        done = load_checkpoint(arguments.checkpoint, device, parts)
    for epoch in range(done + 1, arguments.epochs + 1):
        if rank > 0:  # Dropout shall not choose the same in every process
            torch.manual_seed(arguments.seed + rank + processes * epoch)
        losses = train_epoch(model, optimizer, ${passed}train_data, batches)
${before}        if rank == 0:  # all processes have the same weights, so one is enough
            loss, $judged = evaluate(network, test_data)
            print(f"Epoch {epoch}: $said, loss {loss:.4f}", flush=True)
${after}            save_checkpoint(arguments.checkpoint, epoch, device, parts)
            if arguments.losses:
                write_losses(arguments.losses, epoch, losses)
$leaving    if processes > 1:
        dist.barrier()  # nobody leaves while others still compute
        time.sleep(0.5)  # threads of PyTorch let go of tensors; else its end may hang
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
'''


def _all_need_loss(plan: Plan) -> bool:
    """Whether what follows an epoch depends on its loss."""
    return bool(plan.recipe.patience) or not plan.recipe.schedule.foreseeable


def _main(plan: Plan) -> Piece:
    judged, said = measured(plan)
    recipe = plan.recipe
    told = not has_schedule(recipe) or counts_moves(recipe)
    text = Template(_MAIN).substitute(
        _after_epoch(plan),
        judged=judged,
        said=said,
        data="arguments.data" if plan.data_file else "",
        folder=", arguments.weights" if plan.begins else "",
        alone=_alone(plan),
        deterministic=_DETERMINISTIC if recipe.deterministic else "",
        loss="".join(f"    {line}\n" for line in ready_loss(plan, "device")),
        optimizer=optimizer_text(plan, "arguments.lr", "device.type", 4),
        schedule=_schedule(plan),
        passed="schedule, " if told else "",
    )
    imports = ["import time", "import torch", "import torch.distributed as dist", *schedule_imports(recipe)]
    imports += ["import math"] * (recipe.accumulate > 1) + ["import os"] * recipe.deterministic
    return Piece(text, tuple(imports))


def ready_loss(plan: Plan, device: str) -> list[str]:
    """The line that makes the loss ready where classes have weights."""
    if counts_classes(plan.heads):
        return ["balance_loss(train_data.tensors[1])"]
    return [f"LOSS.to({device})"] if holds_tensors(plan.heads) else []


def _schedule(plan: Plan) -> str:
    recipe = plan.recipe
    moves = "len(batches)"
    lines = ""
    if recipe.accumulate > 1:
        moves, lines = "moves", "    moves = math.ceil(len(batches) / GATHER)  # in each epoch\n"
    if has_schedule(recipe):
        made = text_of_schedule(recipe, "arguments.lr", "arguments.epochs", moves, 4)
    else:
        lines += f"    steps = arguments.epochs * {moves}\n"
        made = "    schedule = make_schedule(optimizer, arguments.schedule, steps)"
    waits = "\n" + patience_text(recipe, "arguments.patience", 4) if recipe.patience else ""
    used = "moves" in made or "steps" in lines
    return (lines if used else "") + made + waits


def _after_epoch(plan: Plan) -> Mapping[str, str]:
    """What stands before and after the test of an epoch, and at the end of the run."""
    recipe = plan.recipe
    step = f"        {call}\n" if (call := after_epoch(recipe)) else ""
    if not _all_need_loss(plan):
        return {"before": step, "after": "", "leaving": "", "patience": ""}
    if not recipe.schedule.foreseeable:
        before, step = "", step
    else:
        before, step = step, ""
    after = ["        loss = of_first_process(loss, device)\n", step]
    if not recipe.patience:
        after.append("        if rank == 0:\n")
        return {"before": before + _NO_LOSS, "after": "".join(after), "leaving": "", "patience": ""}
    after.append("        done, worn_out = epoch, patience.wears_out(loss)\n        if rank == 0:\n")
    leaving, part = _LEAVING, '        "patience": patience,\n'
    return {"before": before + _NO_LOSS, "after": "".join(after), "leaving": leaving, "patience": part}


def _alone(plan: Plan) -> str:
    """What several processes are told where they cannot learn together."""
    why = ""
    if plan.recipe.l1 and plan.some_learn_nothing:
        why = "The L1 term needs one process: some weights learn from it alone."
    elif len(plan.heads) > 1 and any_class_weights(plan.heads):
        why = "Class weights beside other losses need a single process."
    return f'    if processes > 1:\n        raise SystemExit("{why}")\n' if why else ""


_NO_LOSS = "        loss = 0.0\n"

_LEAVING = """\
        if worn_out:
            if rank == 0:
                print("The loss has not become better for too long: the end.")
            break
    patience.go_back()
    if rank == 0:  # the checkpoint shall hold the best weights
        save_checkpoint(arguments.checkpoint, done, device, parts)
"""

_DETERMINISTIC = """\
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
"""

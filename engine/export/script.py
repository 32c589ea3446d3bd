"""A complete training program in one file: plain PyTorch, for one process or several on one machine or many.

With the recipe's own settings and one process it gives the loss of every step as the program itself does, bit by bit.
"""

from __future__ import annotations

from textwrap import fill

from engine.export.main_code import running_pieces
from engine.export.pieces import WIDTH, as_file, names_in
from engine.export.training_code import Plan, data_and_loss, network_piece, plan_of
from engine.project import Project

HEAD = """{title}

{data}

    python train.py                    one process; --help tells the settings
    python train.py --resume           go on from the last checkpoint
    torchrun --nproc-per-node 2 train.py    two processes on this machine

On two machines with four cards each; on the second one with --node-rank 1:

    torchrun --nnodes 2 --node-rank 0 --nproc-per-node 4 --master-addr FIRST train.py

One process on the CPU repeats the run in Layerloom number by number, as long as the
machine and the number of threads are the same. To use the trained network elsewhere:

    network = Network()
    state = torch.load("checkpoint.pt", map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    network.eval()
"""


def export_script(project: Project) -> str:
    """The text of the program. Raises NotReady while the drawing cannot be trained, and CannotExport."""
    plan = plan_of(project)
    pieces = [*data_and_loss(plan), *running_pieces(plan)]
    return as_file(script_head(plan), [network_piece(plan, names_in(pieces)), *pieces])


def script_head(plan: Plan) -> str:
    """The docstring of the program."""
    title = f"{plan.title}: a network drawn with Layerloom, and all that is needed to train it."
    data = f"The data: {plan.data_title}"
    return HEAD.format(title=fill(title, WIDTH - 3), data=fill(data, WIDTH))

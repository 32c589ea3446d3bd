"""The pieces of a training program that several processes can run together, and that can be stopped and resumed."""

from __future__ import annotations

from string import Template

from engine.export.loss_code import class_weighted
from engine.export.pieces import Piece, call_text
from engine.export.schedule_code import counts_moves, has_schedule
from engine.export.step_code import weights_text
from engine.export.training_code import Plan, begun_network

SHARED_BATCHES = Piece(
    '''
class SharedBatches(DistributedSampler):
    """The batches of an epoch, shared out among the processes.

    A plain DistributedSampler shuffles all examples and repeats some until every process
    has equally many. Here every process cuts the same order into the same batches and
    takes its part of each: any number of processes learns from the very same batches.
    With its part it gets a weight for the loss, because DistributedDataParallel takes the
    plain mean over the processes, while their parts may differ by one example.
    """

    def __init__(self, data, batch_size, seed, processes=1, rank=0):
        super().__init__(data, num_replicas=processes, rank=rank)
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        whole, rest = divmod(len(self.dataset), self.batch_size)
        return whole + (rest > 1 or whole == 0)

    def __iter__(self):
        count = len(self.dataset)
        for batch in epoch_batches(count, self.batch_size, self.generator):
            part = batch[self.rank :: self.num_replicas]
            if len(part) > 0:
                yield part, len(part) * self.num_replicas / len(batch)
            else:  # fewer examples than processes: join in with one, but do not count
                yield batch[:1], 0.0

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])
''',
    ("import torch", "from torch.utils.data import DistributedSampler"),
)


def epoch_piece(plan: Plan) -> Piece:
    """How the network learns from every batch once."""
    recipe = plan.recipe
    gathers, told = recipe.accumulate > 1, not has_schedule(recipe) or counts_moves(recipe)
    margin = " " * 8
    values = {"loop": "indices, weight in batches", "place": "", "more": "", "share": ""}
    if class_weighted(plan.heads):
        values["share"] = f"{margin}weight = weight_by_classes(labels, weight)\n"
    if gathers:
        values["loop"] = "number, (indices, weight) in enumerate(batches)"
        values["place"] = _PLACE
        values["more"] = ", place, group"
    step = f"{margin}if place == group - 1:\n{margin}    schedule.step()\n" if gathers else f"{margin}schedule.step()\n"
    values["schedule"], values["step"] = ("schedule, ", step) if told else ("", "")
    call = ["model", "optimizer", "inputs", "labels", "weight", *(("place", "group") if gathers else ())]
    values["train"] = call_text("loss = train_batch", call, 8)
    weights = _BY_CLASSES.replace("WEIGHTS", weights_text(plan)) if values["share"] else ""
    return Piece(Template(_EPOCH).substitute(values) + weights, ("import math",))


_PLACE = """\
        place = number % GATHER
        group = min(GATHER, len(batches) - number + place)  # the last may be smaller
"""

_EPOCH = '''
def train_epoch(model, optimizer, ${schedule}data, batches):
    """Learn from every batch once. Returns the loss of each."""
    model.train()
    losses = []
    for $loop:
        # The data lie in memory as tensors: picking rows is quicker than a DataLoader.
        inputs, labels = data[indices]
$place$share$train
        loss = mean_over_processes(loss, inputs.device)
        if not math.isfinite(loss):
            raise SystemExit(f"The loss became {loss}. Try a smaller --lr.")
${step}        losses.append(loss)
    return losses
'''

_BY_CLASSES = '''

def weight_by_classes(labels, weight):
    """The weight of a process's part, where a batch counts as its classes do."""
    if not dist.is_initialized():
        return weight
    counts = float(weight > 0)  # a part that only joins in does not count
    mine = WEIGHTS[labels].sum() * counts
    together = mine.clone()
    dist.all_reduce(together)
    return (mine * dist.get_world_size() / together).item()
'''

PROCESSES = Piece(
    '''
def choose_device(wish):
    """The device to compute on; auto takes a CUDA card if there is one."""
    has_cuda = torch.cuda.is_available()
    if wish == "auto":
        wish = "cuda" if has_cuda else "cpu"
    if wish == "cuda":
        if not has_cuda:
            raise SystemExit("No CUDA card was found. Choose --device cpu.")
        card = int(os.environ.get("LOCAL_RANK", "0"))  # one card for each process
        if card >= torch.cuda.device_count():
            raise SystemExit("This machine has fewer CUDA cards than processes.")
        torch.cuda.set_device(card)
        return torch.device("cuda", card)
    if wish == "mps" and not torch.backends.mps.is_available():
        raise SystemExit("PyTorch has no mps device here. Choose --device cpu.")
    return torch.device(wish)


def join_processes(device):
    """The number of this process, and how many there are.

    torchrun starts this program several times and tells each copy its number.
    """
    rank = int(os.environ.get("RANK", "0"))
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        if device.type == "mps":
            raise SystemExit("Several processes need --device cpu or cuda.")
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return rank, processes


def mean_over_processes(value, device):
    """The mean of a number over all processes: the loss of the whole batch."""
    if not dist.is_initialized():
        return value
    total = torch.tensor(value, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return total.item() / dist.get_world_size()
''',
    (
        "import os",
        "import torch",
        "import torch.distributed as dist",
    ),
)

_SHARED_NETWORK = '''
def make_network(device, processes$folder):
    """The network, and the same as it is trained by all processes together.

    DistributedDataParallel gives every process the weights of the first and takes the
    mean of their gradients in each backward pass. BatchNorm would measure only its own
    part of a batch: with it, several processes do not quite repeat what one does. On CUDA
    SyncBatchNorm measures the whole batch; on a CPU PyTorch has no such layer.
    """
$network
    if processes == 1:
        return network, network
    if device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return network, $wrapped
'''


def shared_network_piece(plan: Plan) -> Piece:
    """How the network is made ready for one process or several."""
    option = ", find_unused_parameters=True" if plan.some_learn_nothing else ""
    text = Template(_SHARED_NETWORK).substitute(
        folder=", folder" if plan.begins else "",
        network=begun_network(plan, "device", "folder", "    "),
        wrapped=f"DistributedDataParallel(network{option})",
    )
    return Piece(text, ("from torch import nn", "from torch.nn.parallel import DistributedDataParallel"))


SCHEDULE = Piece(
    '''
def make_schedule(optimizer, kind, steps):
    """How the learning rate changes from step to step."""
    if kind == "cosine":  # down to 0 along half a wave
        return CosineAnnealingLR(optimizer, T_max=steps)
    return ConstantLR(optimizer, factor=1.0)
''',
    ("from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR",),
)

LOSSES = Piece(
    '''
def write_losses(path, epoch, losses):
    """Add the losses of an epoch to a table of steps and losses; the first begins it."""
    with path.open("w" if epoch == 1 else "a") as file:
        if epoch == 1:
            file.write("step,loss\\n")
        first = (epoch - 1) * len(losses) + 1
        file.writelines(f"{step},{loss}\\n" for step, loss in enumerate(losses, first))
'''
)

CHECKPOINTS = Piece(
    '''
def save_checkpoint(path, epoch, device, parts):
    """Write all that a run needs to go on. The file is the old one or the whole new one."""
    state = {name: part.state_dict() for name, part in parts.items()}
    state["epoch"] = epoch
    state["chance"] = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        state["chance"][device.type] = torch.get_device_module(device).get_rng_state()
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load_checkpoint(path, device, parts):
    """Go back to where a checkpoint was written. Returns how many epochs are done."""
    if not path.exists():
        raise SystemExit(f"There is no {path} to go on from. Leave --resume out.")
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["chance"]["cpu"])
    if device.type != "cpu" and device.type in state["chance"]:
        torch.get_device_module(device).set_rng_state(state["chance"][device.type])
    return state["epoch"]
''',
    ("import os", "import torch"),
)

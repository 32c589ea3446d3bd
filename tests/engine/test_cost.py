"""Memory, receptive fields and the size of the weights file are those of real tensors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.blocks.activation import PReLU, ReLU
from engine.blocks.base import Block, Ids, Reach, Shape
from engine.blocks.convolution import Conv1d, Conv2d, Conv3d
from engine.blocks.data import Input, Output
from engine.blocks.help import help_of
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.normalisation import BatchNorm2d
from engine.blocks.pooling import AvgPool2d, MaxPool2d
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.cost.counting import Cost, cost
from engine.cost.machine_memory import machine_memory
from engine.cost.memory_guard import need_of
from engine.cost.weights_size import weights_size
from engine.events import Failed
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.lower import NotReady, lower, write
from engine.model import build, peek
from engine.recipes.data_sets import Gauss
from engine.recipes.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES
from engine.training.trainer import train
from tests.engine.strategies import INNER, healthy_graphs
from tests.engine.test_every_block import read_example

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, such as of a slower way for an LSTM

BATCH = 3
LEARNER = PReLU()

ABOUT = {"LSTM": 0.35, "MatMul": 0.25}
"""How far off memory may be: of an LSTM, laid out as the processor likes it, and where a matrix is repeated."""


def chain(*blocks: Block, shape: Shape) -> Graph:
    """Blocks in a row between an Input and an Output."""
    graph = Graph().add(Node("x", Input(shape=shape)))
    last = "x"
    for block in (*blocks, Output()):
        name = graph.name_for(block)
        graph = graph.add(Node(name, block)).connect(Wire(last, "output", name, "input"))
        last = name
    return graph


def alone(block: Block, shapes: tuple[Shape, ...]) -> Graph:
    """One block whose inputs come from blocks that learn, so that gradients flow back through it."""
    graph = Graph().add(Node("b", block))
    for number, (port, shape) in enumerate(zip(block.input_ports(), shapes, strict=True)):
        whole = isinstance(shape, Ids)
        entrance = Input(shape=tuple(shape), dtype="int64" if whole else "float32")
        graph = graph.add(Node(f"x{number}", entrance))
        before = f"x{number}"
        if not whole:
            graph = graph.add(Node(f"learner{number}", LEARNER)).connect(
                Wire(before, "output", f"learner{number}", "input")
            )
            before = f"learner{number}"
        graph = graph.connect(Wire(before, "output", "b", port))
    if not shapes:
        graph = graph.add(Node("x", Input(shape=(1,))))
    for port in block.output_ports():
        graph = graph.add(Node(f"y_{port}", Output())).connect(Wire("b", port, f"y_{port}", "input"))
    return graph


def network_of(graph: Graph) -> nn.Module:
    """The real network of a drawing."""
    return build(write(lower(graph, check(graph))))


def examples_for(graph: Graph, batch: int = BATCH) -> list[Tensor]:
    """Random numbers for each Input."""
    blocks = (node.block for node in graph.nodes.values() if isinstance(node.block, Input))
    return [
        torch.randn(batch, *b.shape) if b.dtype == "float32" else torch.zeros(batch, *b.shape, dtype=torch.int64)
        for b in blocks
    ]


def kept_by_autograd(network: nn.Module, inputs: list[Tensor]) -> int:
    """Bytes of all storages that autograd keeps, without parameters and buffers."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = network(*inputs)
    del result
    return sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in own)


def cost_of(graph: Graph, batch: int = BATCH) -> Cost:
    """What we say."""
    report = check(graph)
    assert report.ok, report.problems
    return cost(graph, report, batch)


EXAMPLES = [
    pytest.param(kind, text, id=f"{kind.__name__}-{number}")
    for kind in INNER
    for number, text in enumerate(help_of(kind).examples)
]


@pytest.mark.parametrize("kind,text", EXAMPLES)
def test_autograd_keeps_what_a_block_says(kind: type[Block], text: str) -> None:
    _, settings, shapes, _ = read_example(text)
    block = kind(**settings)
    if not all(shapes):
        pytest.skip("an Input has at least one dimension")
    graph = alone(block, shapes)
    expected = kept_by_autograd(network_of(graph).train(), examples_for(graph))
    assert cost_of(graph).training == pytest.approx(expected, rel=ABOUT.get(kind.__name__, 0.0), abs=0)


CHAINS = [
    (Conv2d(out_channels=4), (3, 24, 24)),
    (Conv2d(out_channels=4, kernel_size=(3, 5), stride=2, padding=1), (3, 24, 24)),
    (Conv2d(out_channels=4, dilation=3), (3, 24, 24)),
    (AvgPool2d(kernel_size=3, stride=2), (3, 24, 24)),
    (Conv1d(out_channels=4, kernel_size=5, stride=2), (3, 40)),
    (Conv3d(out_channels=2, kernel_size=2), (1, 9, 9, 9)),
]


def pixels_seen(graph: Graph, shape: Shape) -> tuple[int, ...]:
    """How far apart the outermost pixels are that the middle of the output depends on, by real gradients."""
    network = network_of(graph).eval().double()
    picture = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
    result = network(picture)
    middle = tuple(side // 2 for side in result.shape[2:])
    result[(0, slice(None), *middle)].sum().backward()
    assert picture.grad is not None
    places = picture.grad[0].abs().sum(dim=0).nonzero()
    return tuple((places.max(dim=0).values - places.min(dim=0).values + 1).tolist())


@pytest.mark.parametrize("block,shape", CHAINS)
@pytest.mark.parametrize("times", (1, 2))
def test_a_receptive_field_is_what_gradients_reach(block: Block, shape: Shape, times: int) -> None:
    graph = chain(*[block] * times, shape=shape)
    found = cost_of(graph).blocks["output1"].field
    assert found is not None
    assert tuple(reach.span for reach in found) == pixels_seen(graph, shape)


def test_strides_multiply_and_fields_grow_by_them() -> None:
    blocks = Conv2d(out_channels=2, stride=2), ReLU(), MaxPool2d(), Conv2d(out_channels=2)
    costs = cost_of(chain(*blocks, shape=(1, 32, 32))).blocks
    assert costs["conv1"].field == (Reach(3, 2), Reach(3, 2))
    assert costs["relu1"].field == costs["conv1"].field
    assert costs["pool1"].field == (Reach(5, 4), Reach(5, 4))
    assert costs["conv2"].field == (Reach(13, 4), Reach(13, 4))


def test_where_paths_meet_the_widest_counts() -> None:
    graph = chain(Conv2d(out_channels=2, padding=1), Conv2d(out_channels=2, padding=1), shape=(2, 9, 9))
    graph = graph.add(Node("sum", Add())).connect(
        Wire("conv2", "output", "sum", "input"),
        Wire("x", "output", "sum", "other"),
        Wire("sum", "output", "output1", "input"),
    )
    found = cost_of(graph).blocks["sum"].field
    assert found == (Reach(5, 1), Reach(5, 1))
    assert pixels_seen(graph, (2, 9, 9)) == (5, 5)


def test_linear_sees_everything_and_so_does_all_behind_it() -> None:
    costs = cost_of(chain(Flatten(), Linear(out_features=4), ReLU(), shape=(1, 4, 4))).blocks
    assert costs["flatten1"].field == ()
    assert costs["linear1"].field is None
    assert costs["relu1"].field is None


def residual(repeat: int = 1, frozen: bool = False) -> Graph:
    """A group with a skip connection between two convolutions."""
    inner = Graph().add(Node("input", Input(shape=(4, 8, 8))), Node("conv", Conv2d(out_channels=4, padding=1)))
    inner = inner.add(Node("relu", ReLU()), Node("add", Add()), Node("output", Output()))
    inner = inner.connect(
        Wire("input", "output", "conv", "input"),
        Wire("conv", "output", "relu", "input"),
        Wire("relu", "output", "add", "input"),
        Wire("input", "output", "add", "other"),
        Wire("add", "output", "output", "input"),
    )
    start, group, end = Conv2d(out_channels=4, padding=1), Group(graph=inner, repeat=repeat), Conv2d(out_channels=2)
    graph = chain(start, group, end, shape=(1, 8, 8))
    return graph.add(replace(graph.nodes["group1"], frozen=frozen))


@pytest.mark.parametrize("repeat", (1, 3))
@pytest.mark.parametrize("frozen", (False, True))
def test_groups_cost_what_is_in_them(repeat: int, frozen: bool) -> None:
    graph = residual(repeat, frozen)
    spent = cost_of(graph)
    assert spent.training == kept_by_autograd(network_of(graph).train(), examples_for(graph))
    assert sum(block.kept for block in spent.blocks.values()) == spent.training
    side = 3 + 2 * repeat
    assert spent.blocks["group1"].field == (Reach(side, 1), Reach(side, 1))
    assert spent.blocks["group1"].memory == 3 * repeat * BATCH * 4 * 8 * 8 * 4


def test_a_frozen_trunk_keeps_nothing() -> None:
    graph = chain(Conv2d(out_channels=4), ReLU(), Flatten(), Linear(out_features=2), shape=(1, 6, 6))
    graph = graph.add(replace(graph.nodes["conv1"], frozen=True))
    spent = cost_of(graph)
    assert spent.blocks["conv1"].kept == 0
    assert spent.training == kept_by_autograd(network_of(graph).train(), examples_for(graph)) == BATCH * 4 * 64


def test_shared_weights_let_gradients_through() -> None:
    graph = chain(Linear(out_features=5), ReLU(), Linear(out_features=5), shape=(5,)).share("linear2", "linear1")
    assert cost_of(graph).training == kept_by_autograd(network_of(graph).train(), examples_for(graph))


def test_what_the_code_holds_while_in_use() -> None:
    """Only where PyTorch makes a view of a copy that it made itself do we count another size."""
    ratios: list[float] = []

    @settings(max_examples=60)
    @given(healthy_graphs(8))
    def compare(graph: Graph) -> None:
        graph = graph.part(needed(graph))
        if not draws_ids(graph):
            ratios.append(cost_of(graph).inference / held_in_use(graph))

    compare()
    assert sum(ratio == 1.0 for ratio in ratios) >= 0.9 * len(ratios) > 40
    assert sum(ratios) == pytest.approx(len(ratios), rel=0.05)


def held_in_use(graph: Graph) -> int:
    """Bytes of all tensors that have a name when `forward` returns, without the weights."""
    source = write(lower(graph, check(graph)))
    network = build(source).eval()
    inputs = examples_for(graph)
    seen = peek(source, network, *inputs)
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in seen.values()}
    for weight in network.parameters():
        storages.pop(weight.untyped_storage().data_ptr(), None)
    return sum(storages.values())


def with_a_learner(graph: Graph) -> Graph:
    """A block that learns behind the Input, so that gradients flow back through all others."""
    first = graph.out_of("picture")
    graph = graph.add(Node("learner", LEARNER)).disconnect(*first)
    graph = graph.connect(*(wire._replace(source="learner") for wire in first))
    return graph.connect(Wire("picture", "output", "learner", "input"))


def test_autograd_keeps_what_we_say_in_nearly_every_drawing() -> None:
    """Some layouts of PyTorch are not told apart, such as a copy of what was a view; they must stay rare and small."""
    ratios: list[float] = []

    @settings(max_examples=60)
    @given(healthy_graphs(5))
    def compare(graph: Graph) -> None:
        graph = with_a_learner(graph.part(needed(graph)))
        if draws_ids(graph) or not check(graph).ok:
            return
        if kept := kept_by_autograd(network_of(graph).train(), examples_for(graph)):
            ratios.append(cost_of(graph).training / kept)

    compare()
    exact = [ratio for ratio in ratios if ratio == 1.0]
    assert len(exact) >= 0.9 * len(ratios) > 40
    assert sum(ratios) == pytest.approx(len(ratios), rel=0.05)


def draws_ids(graph: Graph) -> bool:
    """Whether ids come from random numbers, so that they may be larger than a table of them allows."""
    return any(node.block.ids == "needs" for node in graph.nodes.values())


def needed(graph: Graph) -> set[str]:
    """The blocks that the code computes."""
    return {*graph.before("answer"), "answer", "picture"}


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_weights_file_has_that_size(template: str, tmp_path: Path) -> None:
    graph = TEMPLATES[template].project().graph
    file = tmp_path / "weights.safetensors"
    save_file(network_of(graph).state_dict(), file)
    assert weights_size(graph, check(graph).blocks) == file.stat().st_size


@pytest.mark.parametrize("repeat", (1, 12))
@pytest.mark.parametrize("numbered", (False, True))
def test_the_weights_file_of_groups_has_that_size(repeat: int, numbered: bool, tmp_path: Path) -> None:
    inner = chain(Conv2d(out_channels=4, padding=1), BatchNorm2d(), ReLU(), shape=(4, 8, 8))
    inner = inner.rename("x", "input").rename("output1", "output")
    graph = chain(Group(graph=inner, repeat=repeat, numbered=numbered), Flatten(), Linear(), shape=(4, 8, 8))
    file = tmp_path / "weights.safetensors"
    save_file(network_of(graph).state_dict(), file)
    assert weights_size(graph, check(graph).blocks) == file.stat().st_size


OPTIMIZERS = [
    SGD(),
    SGD(momentum=0.9),
    Adam(),
    Adam(amsgrad=True),
    AdamW(),
    RMSprop(),
    RMSprop(momentum=0.5, centered=True),
]


@pytest.mark.parametrize("settings_of_it", OPTIMIZERS, ids=repr)
def test_an_optimizer_remembers_that_much(settings_of_it: Optimizer) -> None:
    network = nn.Linear(7, 5)
    optimizer = getattr(torch.optim, settings_of_it.kind())(network.parameters(), **settings_of_it.values())
    network(torch.ones(1, 7)).sum().backward()
    optimizer.step()
    tensors = [value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)]
    assert sum(value.numel() for value in tensors if value.dim()) == 40 * settings_of_it.kept


HUGE = chain(Flatten(), Linear(out_features=1_000_000), Linear(out_features=1_000_000), shape=(1, 28, 28))


def test_a_drawing_larger_than_the_machine_is_refused_with_bytes() -> None:
    report = check(HUGE)
    (problem,) = report.errors
    assert problem.block == "linear2"
    need = need_of(HUGE, report)
    assert need.weights == 4 * report.parameters > 4 * 10**12
    assert f"{need.total:,} bytes" in problem.text
    assert f"{machine_memory():,}" in problem.text
    with pytest.raises(NotReady, match="bytes of memory"):
        lower(HUGE, report)


def test_training_needs_more_than_use() -> None:
    graph = chain(Linear(out_features=10), shape=(20,))
    recipe = Recipe(batch_size=7, optimizer=Adam())
    need = need_of(graph, check(graph, recipe), recipe)
    assert (need.weights, need.gradients, need.optimizer) == (840, 840, 1680)
    assert need.activations == 4 * 7 * (20 + 10)


@pytest.mark.parametrize("entry", (10**12, -1, 10**30, 2.5))
def test_settings_beyond_every_limit_are_refused_in_words(entry: object) -> None:
    with pytest.raises(ValueError, match="shape must be"):
        Input.read({"shape": [entry]})


def test_a_batch_can_be_what_is_too_large() -> None:
    graph = chain(Conv2d(out_channels=100_000), shape=(1, 1000, 1000))
    (problem,) = [one for one in check(graph).errors if "bytes" in one.text]
    assert problem.block == "conv1"


def test_memory_of_the_machine_is_known() -> None:
    assert (machine_memory() or 0) > 2**28


def test_figures_are_worked_out_once_for_a_drawing() -> None:
    graph = residual()
    report = check(graph)
    assert cost(graph, report, 5) is cost(graph, report, 5)
    assert cost(graph, report, 6) is not cost(graph, report, 5)


def test_the_training_process_refuses_what_it_cannot_hold() -> None:
    layer = "self.linear1 = nn.Linear(2, 16)"
    small = write(lower(SMALL, check(SMALL)))
    assert layer in small.text
    huge = replace(small, text=small.text.replace(layer, "self.linear1 = nn.Linear(10**6, 10**6)"))
    (failed,) = list(train(huge, Recipe(data=Gauss())))
    assert isinstance(failed, Failed)
    assert f"{4 * 4 * (10**12 + 10**6 + 17):,} bytes" in failed.text


SMALL = chain(Linear(out_features=16), Linear(out_features=1), shape=(2,))

"""From a module back to a drawing: the code written from it has the same weights by name, and the same answers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.check import check
from engine.graph import Graph
from engine.groups import Group
from engine.importing.layouts import CannotDraw, layout_of
from engine.importing.loading import make
from engine.importing.modelling import import_module
from engine.importing.outcome import Imported
from engine.importing.request import Request
from engine.importing.tracing import BATCH, DataDecides
from engine.lower import lower, write
from engine.model import build
from engine.project import Project, dumps, loads

CLOSE = 1e-5


def rebuilt(found: Imported) -> nn.Module:
    """The module that the drawing describes."""
    report = check(found.graph)
    assert not report.errors, [problem.text for problem in report.errors]
    return build(write(lower(found.graph, report)))


@torch.no_grad()
def shuffled(module: nn.Module) -> nn.Module:
    """Random weights and running statistics, so that a confusion of two shows."""
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.3)
    return module


def answers(module: nn.Module, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        found = module.eval()(*inputs)
    return [found] if isinstance(found, torch.Tensor) else list(found)


def same(module: nn.Module, *shapes: tuple[int, ...]) -> Graph:
    """Import, write and build again; hold keys, weights and answers to the original's. Gives the drawing."""
    torch.manual_seed(0)
    found = import_module(shuffled(module), shapes)
    assert not found.notes, [str(note) for note in found.notes]
    assert not found.keys
    copy = rebuilt(found)
    copy.load_state_dict(module.state_dict())
    inputs = [torch.randn(3, *shape) for shape in shapes]
    for ours, theirs in zip(answers(copy, inputs), answers(module, inputs), strict=False):
        assert ours.shape == theirs.shape
        assert torch.allclose(ours, theirs, atol=CLOSE * float(theirs.abs().max()), rtol=CLOSE)
    return found.graph


def kinds(graph: Graph) -> list[str]:
    return [node.block.kind() for node in graph.nodes.values()]


def group(graph: Graph, name: str) -> Group:
    block = graph.nodes[name].block
    assert isinstance(block, Group)
    return block


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.scale * self.norm(self.conv(x)))


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.Sequential(Residual(4), nn.MaxPool2d(2), Residual(4))
        self.head = nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.stem(x))
        found: torch.Tensor = self.head(F.dropout(x.mean((2, 3)), 0.1, self.training))
        return found


def test_modules_become_blocks_and_groups_with_the_same_keys() -> None:
    graph = same(Small(), (3, 12, 12))
    assert kinds(graph) == ["Input", "Conv2d", "Group", "Mean", "Dropout", "Linear", "Output"]
    blocks = group(graph, "blocks")
    assert blocks.numbered
    residual = next(node.block for node in blocks.graph.nodes.values() if isinstance(node.block, Group))
    assert residual.class_name == "Residual"
    assert {"conv", "norm", "scale"} <= residual.graph.nodes.keys()
    assert len({node.at for node in graph.nodes.values()}) == len(graph.nodes)


class Sizes(nn.Module):
    """Everything that depends on sizes is worked out from the example."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(batch, -1, height, width)
        if x.size(1) > 2:
            x = x[:, 1:, ..., ::2]
        for index in range(x.shape[1]):
            x = x + index
        return x.flatten(1) / x.size(-1)


def test_sizes_are_plain_numbers() -> None:
    assert "Reshape" in kinds(same(Sizes(), (4, 6, 6)))


class Operators(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, b = x.chunk(2, dim=1)
        c = torch.cat([1 - a, b * 2, -a, y[:, :1]], 1)
        d = torch.stack([a, b], dim=2).sum(2) / 3 - b**2
        return c, (d @ b.transpose(-2, -1)).softmax(-1), torch.max(a, b).clamp(min=0.1), 2 / (b.abs() + 1)


def test_operators_and_methods() -> None:
    graph = same(Operators(), (4, 5, 5), (2, 5, 5))
    assert kinds(graph).count("Output") == 4


class Changing(nn.Module):
    """Later steps see what was changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 1.0
        self.relu(y)
        y += 1
        y.mul_(2)
        return y


def test_changes_in_place() -> None:
    same(Changing(), (6,))


class WritesIntoPart(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 1.0
        y.diagonal(dim1=1, dim2=2).zero_()
        return y


def test_a_change_of_a_part_is_not_overlooked() -> None:
    with pytest.raises(DataDecides, match="changed a part"):
        import_module(WritesIntoPart(), [(4, 4)])


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        self.block = nn.Sequential(nn.Linear(6, 6), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.block(self.layer(self.block(self.layer(x))))
        return found


def test_a_module_that_is_called_twice_shares_its_weights() -> None:
    graph = same(Twice(), (6,))
    assert [node.same_as for node in graph.nodes.values() if node.same_as] == ["layer", "block"]


class Lists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(6, 6) for _ in range(3))
        self.parts = nn.ModuleDict({"one": nn.Linear(6, 2), "two": nn.Linear(6, 3)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = F.gelu(layer(x)) + x
        return torch.cat([self.parts["one"](x), self.parts["two"](x)], -1)


def test_lists_of_modules_become_numbered_groups() -> None:
    graph = same(Lists(), (6,))
    assert group(graph, "layers").numbered
    assert not group(graph, "parts").numbered


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(6, 6) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(6) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(x))
        return x * 1


def test_names_that_cannot_stay_are_told_and_their_weights_still_load() -> None:
    module = shuffled(Mixed())
    found = import_module(module, [(6,)])
    assert {note.place for note in found.notes} >= {"layers.0", "norms.1"}
    copy = rebuilt(found)
    copy.load_state_dict({found.keys[key]: value for key, value in module.state_dict().items()})
    example = torch.randn(3, 6)
    assert torch.equal(answers(copy, [example])[0], answers(module, [example])[0])


class OddNames(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module("block1-0", nn.Linear(4, 4))
        self._hidden = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.F = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.F(self._hidden(self.get_submodule("block1-0")(x)))
        return found


def test_names_that_no_block_can_have_keep_their_keys_where_code_can() -> None:
    found = import_module(OddNames(), [(4,)])
    assert [note.place for note in found.notes] == ["F"]
    keys = set(rebuilt(found).state_dict())
    assert {"block1-0.weight", "_hidden.0.bias"} <= keys
    assert keys == {found.keys.get(key, key) for key in OddNames().state_dict()}


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 7, batch_first=True)
        self.head = nn.Linear(14, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out, (hidden, _) = self.lstm(x)
        found: torch.Tensor = self.head(torch.cat([out[:, -1], hidden[-1]], 1))
        return found


def test_several_results_and_a_batch_that_is_not_in_front() -> None:
    assert "LSTM" in kinds(same(Recurrent(), (4, 5)))


class Learned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.position = nn.Parameter(torch.randn(1, 5, 8))
        self.weight = nn.Parameter(torch.randn(3, 8), requires_grad=False)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.position
        x, _ = self.attention(x, x, x, need_weights=False)
        return F.linear(F.layer_norm(x, (8,)), self.weight)[:, 0]


def test_parameters_of_a_module_itself() -> None:
    graph = same(Learned(), (4, 8))
    assert graph.nodes["weight"].frozen
    assert not graph.nodes["token"].frozen


class Unknown(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = torch.fft.rfft(self.conv(x)).abs()
        return found


class Odd(nn.Module):
    """Keeps what its first call gives apart from the block that would do nearly the same."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.Sequential(nn.Linear(4, 4), nn.MaxPool1d(2, return_indices=True))
        self.table = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, _ = self.rows(x)
        z, _ = self.rows[1](x)
        found: torch.Tensor = (y + z) * self.table + self.table
        return found


def test_placeholders_keep_their_data_also_in_numbered_groups_and_when_called_twice() -> None:
    found = import_module(Odd(), [(3, 4)])
    assert any("return_indices=True" in note.reason for note in found.notes)
    project = Project(found.graph, title=found.title)
    assert loads(dumps(project)) == project


def test_what_cannot_be_drawn_is_told_and_kept() -> None:
    found = import_module(Unknown(), [(2, 8)])
    assert ["rfft" in note.reason for note in found.notes].count(True) == 1
    assert kinds(found.graph).count("Placeholder") >= 1
    assert [problem.level for problem in check(found.graph).problems].count("error") >= 1


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.ReLU())
        self.spare = nn.Conv2d(3, 5, (3, 2))
        self.odd = nn.Bilinear(2, 3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.used[1](x))


def test_modules_that_are_never_called_keep_their_weights() -> None:
    module = Unused()
    found = import_module(module, [(4,)])
    assert {note.place for note in found.notes} == {"used.0", "spare", "odd"}
    assert found.graph.nodes["odd"].block.kind() == "Placeholder"
    copy = rebuilt(Imported(found.graph.remove(["odd"])))
    assert set(copy.state_dict()) == {key for key in module.state_dict() if not key.startswith("odd")}


class OnData(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_a_way_that_depends_on_the_data_cannot_be_followed() -> None:
    with pytest.raises(DataDecides, match="numbers in a tensor"):
        import_module(OnData(), [(3,)])


def test_the_module_stays_as_it_was() -> None:
    module = Small().eval()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    import_module(module, [(3, 12, 12)])
    assert not module.training
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_where_the_batch_lies() -> None:
    merged = layout_of((BATCH * 4, 49, 96))
    assert (merged.shape, merged.axis(-1), merged.axis(1)) == ((4, 49, 96), 3, 2)
    behind = layout_of((3, BATCH, 5))
    assert (behind.shape, behind.permuted((1, 0, 2))) == ((3, 5), (0, 1, 2))
    assert layout_of((3, 5)).aligned(layout_of((BATCH, 3, 5))) == (3, 5)
    with pytest.raises(CannotDraw):
        layout_of((BATCH, 5)).axis(0)


@pytest.mark.parametrize(
    "name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5", "googlenet", "vit_b_32"]
)
def test_models_of_torchvision(name: str) -> None:
    request = Request("torchvision", name)
    same(make(request), request.shapes()[0].shape)


class Moody(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.dropout(x, 0.5)
        return x if self.training else x.softmax(-1)


def test_what_is_otherwise_after_training_is_told() -> None:
    reasons = [note.reason for note in import_module(Moody(), [(4,)]).notes]
    assert len(reasons) == 2
    assert "also calls softmax" in reasons[0]
    assert "works after training too" in reasons[1]


def test_parts_keep_the_mode_that_each_had() -> None:
    module = Small()
    module.blocks.eval()
    import_module(module, [(3, 12, 12)])
    assert module.training
    assert not any(part.training for part in module.blocks.modules())


class OneWay(nn.Module):
    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.fails = fails

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training is self.fails and x.sum() > 0:
            return x
        return x.relu()


@pytest.mark.parametrize(("fails", "words"), [(True, "drawn as it is after"), (False, "drawn as it trains")])
def test_a_module_that_can_be_followed_in_one_mode_only(fails: bool, words: str) -> None:
    found = import_module(OneWay(fails), [(3,)])
    assert [words in note.reason for note in found.notes] == [True]
    assert kinds(found.graph) == ["Input", "ReLU", "Output"]


@pytest.mark.parametrize(("function", "low", "high"), [("clamp_max", -9.0, 1.0), ("clamp_min", 1.0, 9.0)])
def test_one_sided_limits_keep_their_side(function: str, low: float, high: float) -> None:
    class Limited(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = getattr(torch, function)(x, 1.0)
            return found

    graph = import_module(Limited(), ((2,),), "limited").graph
    network = build(write(lower(graph, check(graph))))
    assert network(torch.tensor([[-9.0, 9.0]])).tolist() == [[low, high]]

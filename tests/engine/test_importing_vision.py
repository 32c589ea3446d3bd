"""Vision transformers come back exactly: shifted windows, tables of places, and parts that are changed in place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.graph import Graph
from engine.groups import Group
from engine.importing.modelling import import_module
from engine.project import Project, dumps, loads
from engine.torch_setup import import_torchvision
from tests.engine.test_importing import kinds, rebuilt, same


def all_kinds(graph: Graph) -> list[str]:
    """What blocks there are, those inside groups counted."""
    inner = (node.block for node in graph.nodes.values() if isinstance(node.block, Group))
    return [*kinds(graph), *(kind for group in inner for kind in all_kinds(group.graph))]


def swin(version: int) -> nn.Module:
    """A shifted-window transformer of a few thousand weights."""
    models = import_torchvision().models.swin_transformer
    more = {} if version == 1 else {"block": models.SwinTransformerBlockV2, "downsample_layer": models.PatchMergingV2}
    found: nn.Module = models.SwinTransformer(
        patch_size=[2, 2], embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=[3, 3],
        stochastic_depth_prob=0.0, num_classes=5, **more,
    )  # fmt: skip
    return found


@pytest.mark.parametrize("version", [1, 2])
def test_shifted_windows(version: int) -> None:
    graph = same(swin(version), (3, 18, 18))
    found = all_kinds(graph)
    assert "Placeholder" not in found
    assert {"Buffer", "IndexSelect", "Roll"} <= set(found)
    assert loads(dumps(Project(graph))).graph == graph


def test_layers_that_are_called_by_their_weights_are_layers() -> None:
    graph = same(swin(1), (3, 18, 18))
    found = all_kinds(graph)
    assert found.count("Linear") == 4 * 4 + 2, "two for attention and two behind it in each block, a merge, the head"


def test_windows_and_grids() -> None:
    maxvit = import_torchvision().models.maxvit
    same(
        maxvit.MaxVit(
            input_size=(16, 16), stem_channels=4, partition_size=2, block_channels=[8], block_layers=[1],
            head_dim=4, stochastic_depth_prob=0.0, num_classes=5,
        ),
        (3, 16, 16),
    )  # fmt: skip


class Step(nn.Module):
    """A module that does one thing to a picture of 4×5×6."""

    def __init__(self, act: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(x * 1.0)


def _first_channel(x: torch.Tensor) -> torch.Tensor:
    x[:, 0] = 0
    return x


def _middle(x: torch.Tensor) -> torch.Tensor:
    x[:, 1:3] += x[:, :1]
    return x


def _last_column(x: torch.Tensor) -> torch.Tensor:
    x[..., -1].mul_(2)
    return x + x[..., -1:]


def _from_another(x: torch.Tensor) -> torch.Tensor:
    x[:, :, 2:] = x[:, :, 1:2].exp()
    return x


def _part_of_a_part(x: torch.Tensor) -> torch.Tensor:
    part = x[:, 2:]
    part[:, :, :, 1:4].fill_(3.0)
    return x.relu()


def _twice(x: torch.Tensor) -> torch.Tensor:
    x[:, 1:] = 1
    x[:, :2] *= 3
    return x


@pytest.mark.parametrize(
    "act", [_first_channel, _middle, _last_column, _from_another, _part_of_a_part, _twice], ids=lambda act: act.__name__
)
def test_a_part_that_is_changed_in_place_is_put_back(act: Callable[[torch.Tensor], torch.Tensor]) -> None:
    same(Step(act), (4, 5, 6))


def test_a_part_of_the_batch_is_not_changed_for_every_example() -> None:
    def act(x: torch.Tensor) -> torch.Tensor:
        x[0] = 0
        return x

    found = import_module(Step(act), [(4, 5, 6)])
    assert any("mixes the examples" in str(note) for note in found.notes)


class Tables(nn.Module):
    """Tables of every kind, saved and not, used in every way."""

    places: torch.Tensor
    weights: torch.Tensor
    unsaved: torch.Tensor
    ones: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(7, 6))
        self.register_buffer("places", torch.tensor([[3, 1, 2], [0, 4, 4]]))
        self.register_buffer("weights", torch.tensor([[0.1, -2.5], [1e-7, 3.0], [0.0, 4.0]]))
        self.register_buffer("unsaved", torch.tensor([2, 0, 1, 0]), persistent=False)
        self.register_buffer("ones", torch.ones(3))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (
            self.rows[self.places] + x[:, 0, 0, 0][:, None, None, None],
            x[:, :, self.places],
            x[..., self.unsaved],
            torch.index_select(x, 2, self.unsaved),
            x[:, 0, :3] * self.ones[:, None],
            (x[:, 0, :3, :3] @ self.weights).exp(),
        )


def test_tables_are_used_in_every_way() -> None:
    graph = same(Tables(), (4, 5, 6))
    assert kinds(graph).count("Buffer") == 4
    assert kinds(graph).count("IndexSelect") == 4


class Embeds(nn.Module):
    """Positions looked up by ids of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(9, 4))
        self.embedding = nn.Embedding(9, 4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.table[ids] + self.embedding(ids)
        return found


def test_ids_look_rows_of_a_parameter_up() -> None:
    found = import_module(Embeds(), [(5,)], dtypes=[torch.int64])
    assert not found.notes
    assert "IndexSelect" in kinds(found.graph)


class Scales(nn.Module):
    """Parameters that start with one number."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((6, 1, 1), 1e-6))
        self.shift = nn.Parameter(torch.zeros(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale + self.shift


def test_a_parameter_that_starts_with_one_number_starts_with_it_again() -> None:
    module = Scales()
    started = rebuilt(import_module(module, [(6, 5, 6)])).state_dict()
    assert {name: value.tolist() for name, value in started.items()} == {
        name: value.tolist() for name, value in module.state_dict().items()
    }


class ByHand(nn.Module):
    """F.linear with the weights of a layer, or with others."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.bare = nn.Linear(6, 6), nn.Linear(6, 6, bias=False)
        self.other = nn.Linear(6, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.linear(x, self.layer.weight, self.layer.bias)
        x = F.linear(x, self.bare.weight)
        bias = self.other.bias.clone()
        bias[2:4].zero_()
        return F.linear(x, self.other.weight, bias)


def test_linear_is_a_layer_only_with_the_layers_own_weights() -> None:
    graph = same(ByHand(), (4, 5, 6))
    assert kinds(graph).count("Linear") == 2
    other = graph.nodes["other"].block
    assert isinstance(other, Group)
    assert other.class_name == "LinearWeights"


class Refused(nn.Module):
    table: torch.Tensor

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.table


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (torch.tensor([1.0, 2.0], dtype=torch.float64), "float64"),
        (torch.tensor([True, False]), "bool"),
        (torch.tensor([1.0, torch.nan]), "no number"),
        (torch.tensor(2.0), "one single number"),
        (torch.tensor([0.5, 2.0]), ""),
    ],
)
def test_tables_that_no_block_holds_are_placeholders_with_a_reason(table: torch.Tensor, reason: str) -> None:
    found = import_module(Refused(table), [(2,)])
    assert bool(found.notes) == bool(reason)
    assert not reason or reason in str(found.notes[0])

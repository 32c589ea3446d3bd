"""Fixed tables of imported files: their numbers stand in the drawing itself, and rows are looked up by blocks."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from engine.check import check
from engine.export.exported_program import answers, difference
from engine.graph import Graph
from engine.groups import Group
from engine.importing.exported import import_exported
from engine.importing.onnx_graph import import_onnx
from engine.lower import lower, write
from engine.model import build
from tests.engine.imported_files import CLOSE, kinds, run_onnx, same, saved, shuffled

EXAMPLE = torch.randn(2, 4, 8)


def older(module: nn.Module, path: Path) -> Path:
    """An ONNX file as PyTorch's older exporter writes it."""
    pytest.importorskip("onnxscript")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = {"x": {0: "batch"}}
        torch.onnx.export(
            shuffled(module), (EXAMPLE,), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes
        )  # fmt: skip
    return path


def written(way: str, module: nn.Module, folder: Path) -> Path:
    if way == "older":
        return older(module, folder / "module.onnx")
    return saved(module, folder / f"module{way}", EXAMPLE)


def bare(graph: Graph) -> nn.Module:
    """The module that a drawing describes, without any weights file."""
    return build(write(lower(graph, check(graph)))).eval()


class Window(nn.Module):
    """Attention within a window: a learned bias that is looked up by fixed places, and a mask for rolled pictures."""

    places: torch.Tensor
    mask: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(9, 2))
        places = torch.stack(torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")).flatten(1)
        down, across = places[:, :, None] - places[:, None, :] + 1
        self.register_buffer("places", (3 * down + across).flatten())
        self.register_buffer("mask", torch.eye(2).repeat_interleave(2, 0).repeat_interleave(2, 1), persistent=False)
        self.mixed, self.last = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.mixed(x).unflatten(2, (3, 2, 4)).permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.bias[self.places].view(4, 4, 2).permute(2, 0, 1).unsqueeze(0)
        rolled = x.new_zeros((4, 1))
        rolled[2:] = 1.0
        mask = (rolled != rolled.t()).float() * -100 + 50 * self.mask
        seen = (query @ key.transpose(-2, -1) / 2 + bias + mask).softmax(-1) @ value
        found: torch.Tensor = self.last(seen.transpose(1, 2).flatten(2))
        return found


def test_a_window_keeps_its_learned_bias_and_says_the_places(tmp_path: Path) -> None:
    module = Window()
    path = tmp_path / "window.pt2"
    found = same(saved(module, path, EXAMPLE), torch.randn(3, 4, 8))
    assert not found.notes, [str(note) for note in found.notes]
    nodes = found.graph.nodes
    assert {"places", "mask", "bias"} <= nodes.keys()
    assert [nodes[name].block.kind() for name in ("places", "mask", "bias")] == ["Buffer", "Buffer", "Parameter"]
    assert "IndexSelect" in kinds(found.graph)
    assert import_exported(path)[1].keys() == module.state_dict().keys() == bare(found.graph).state_dict().keys()


class Tables(nn.Module):
    """Nothing but fixed tables: named, unnamed, whole numbers and real ones, places counted from the end."""

    grid: torch.Tensor
    rows: torch.Tensor
    few: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("grid", torch.arange(32.0).reshape(4, 8))
        self.register_buffer("rows", torch.tensor([[0, 1], [2, -1]]))
        self.register_buffer("few", torch.tensor([[0.5, -1.5], [0.25, 0.125]]), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (x + self.grid)[:, :, torch.tensor([3, -1, 1, 1])]
        pairs = x[:, self.rows, torch.tensor([[3, 0], [1, 1]])]
        return pairs * self.few + x.sum(1)[:, None, :2] + torch.tensor([1.0, 2.0])


def test_the_drawing_alone_computes_what_fixed_tables_say(tmp_path: Path) -> None:
    path = tmp_path / "tables.pt2"
    batch = torch.export.Dim("batch")
    torch.export.save(torch.export.export(Tables(), (EXAMPLE,), dynamic_shapes=({0: batch},)), path)
    found = same(path, EXAMPLE)
    assert not found.notes, [str(note) for note in found.notes]
    assert {"Buffer", "IndexSelect"} <= set(kinds(found.graph))
    assert "Parameter" not in kinds(found.graph)
    wanted = answers(torch.export.load(path).module(), (EXAMPLE,))
    assert difference(wanted, answers(bare(found.graph), (EXAMPLE,))) < CLOSE
    assert set(bare(found.graph).state_dict()) == {"grid"}


class Looking(nn.Module):
    """Rows in another order, in several ways to write that, and a mask of a few numbers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.index_select(x, 1, torch.tensor([2, 0, 0, 3, 1]))
        x = x[:, :, torch.tensor([7, 1, 1])]
        mask = torch.zeros(5, 3)
        mask[:2, 1:] = -100.0
        return x + mask


@pytest.mark.parametrize("way", [".pt2", ".onnx", "older"])
def test_rows_are_looked_up_by_lists_of_places(way: str, tmp_path: Path) -> None:
    path = written(way, Looking(), tmp_path)
    found = same(path, EXAMPLE)
    assert not found.notes, [str(note) for note in found.notes]
    assert kinds(found.graph).count("IndexSelect") == 2
    assert "Parameter" not in kinds(found.graph)
    loaded = (run_onnx if path.suffix == ".onnx" else run_exported)(path, (EXAMPLE,))
    assert difference(loaded, answers(bare(found.graph), (EXAMPLE,))) < CLOSE


def run_exported(path: Path, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return answers(torch.export.load(path).module(), inputs)


def onnx_file(
    path: Path, nodes: list[onnx.NodeProto], sizes: tuple[int, ...], tensors: dict[str, torch.Tensor]
) -> Path:
    """An ONNX file from x, of these sizes for each example, to y."""
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", *sizes))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(value.numpy(), name) for name, value in tensors.items()],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(onnx.shape_inference.infer_shapes(made), path)
    return path


def test_numbers_that_are_looked_up_several_times_stay_one_number_to_learn(tmp_path: Path) -> None:
    tensors = {"table": torch.randn(5, 2), "places": torch.tensor([[0, -1], [4, 2]])}
    nodes = [helper.make_node("Gather", ["table", "places"], ["rows"]), helper.make_node("Add", ["x", "rows"], ["y"])]
    found = same(onnx_file(tmp_path / "bias.onnx", nodes, (2, 2, 2), tensors), torch.randn(3, 2, 2, 2))
    assert found.graph.nodes["table"].block.values()["shape"] == (5, 2)
    assert "IndexSelect" in kinds(found.graph)


def test_two_parts_of_one_tensor_are_not_confused(tmp_path: Path) -> None:
    tensors = {"table": torch.randn(5, 2), "one": torch.tensor([0, 3]), "other": torch.tensor([1, 4])}
    nodes = [
        helper.make_node("Gather", ["table", "one"], ["first"]), helper.make_node("Add", ["x", "first"], ["v"]),
        helper.make_node("Gather", ["table", "other"], ["second"]), helper.make_node("Mul", ["v", "second"], ["y"]),
    ]  # fmt: skip
    same(onnx_file(tmp_path / "parts.onnx", nodes, (2, 2), tensors), torch.randn(3, 2, 2))


@pytest.mark.parametrize(
    ("order", "places"), [((1, 2, 0), [[0, 1], [3, -1], [0, 1]]), ((1, 0, 2), [[3], [-4]]), ((1, 2, 0), [[-1, -1]])]
)
def test_places_in_several_dimensions_of_onnx(order: tuple[int, ...], places: list[list[int]], tmp_path: Path) -> None:
    behind = [order.index(0) - len(places[0]) + 1]
    turned = [behind[0], 0] if len(order) - len(places[0]) == 1 else [1, 0, 2]
    nodes = [
        helper.make_node("Transpose", ["x"], ["turned"], perm=order),
        helper.make_node("GatherND", ["turned", "places"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["y"], perm=turned),
    ]
    path = onnx_file(tmp_path / "places.onnx", nodes, (4, 8), {"places": torch.tensor(places)})
    found = same(path, torch.randn(3, 4, 8))
    assert not found.notes, [str(note) for note in found.notes]


def test_fixed_numbers_that_change_are_seen_as_they_are_then(tmp_path: Path) -> None:
    class Changing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            table = torch.tensor([1.0, 2.0, 3.0, 5.0])
            x = x[:, 0, :4] + table
            table[1:3] += 7
            return x * table

    found = same(saved(Changing(), tmp_path / "changing.pt2", EXAMPLE), EXAMPLE)
    tables = [str(node.block.values()["data"]) for node in found.graph.nodes.values() if node.block.kind() == "Buffer"]
    assert tables == ["1 2 3 5", "1 9 10 5"]


def test_fixed_numbers_of_which_an_input_changes_a_part(tmp_path: Path) -> None:
    class Canvas(nn.Module):
        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            canvas = torch.zeros(x.shape[0], 4, 18)
            canvas[:, :, 1 : 1 + 8 * self.steps : self.steps] = x
            return canvas

    same(saved(Canvas(1), tmp_path / "canvas.pt2", EXAMPLE), EXAMPLE)
    found, _ = import_exported(saved(Canvas(2), tmp_path / "canvas.pt2", EXAMPLE))
    assert "Placeholder" in kinds(found.graph)
    assert found.notes


@pytest.mark.parametrize("way", [".pt2", ".onnx"])
def test_rows_of_what_is_learned_are_looked_up_by_an_input(way: str, tmp_path: Path) -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rows = nn.Parameter(torch.randn(5, 2, 3))

        def forward(self, places: torch.Tensor) -> torch.Tensor:
            return self.rows[places]

    ids = torch.randint(0, 5, (2, 3))
    found = same(saved(Positions(), tmp_path / f"positions{way}", ids), ids)
    assert {"Parameter", "IndexSelect"} <= set(kinds(found.graph))


def test_examples_look_their_own_rows_up(tmp_path: Path) -> None:
    class Own(nn.Module):
        def forward(self, x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
            return x[torch.arange(x.shape[0]).unsqueeze(1), places]

    ids = torch.randint(0, 4, (2, 3))
    found = same(saved(Own(), tmp_path / "own.pt2", EXAMPLE, ids), EXAMPLE, ids)
    assert kinds(found.graph) == ["Input", "Input", "IndexSelect", "Output"]


def test_a_table_that_cannot_be_written_down_is_told(tmp_path: Path) -> None:
    class Large(nn.Module):
        noise: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("noise", torch.randn(300, 300))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.noise

    inputs = torch.randn(2, 300, 300)
    found = same(saved(Large(), tmp_path / "large.pt2", inputs), inputs)
    assert found.graph.nodes["noise"].frozen
    assert [str(note) for note in found.notes] == [
        "noise: has numbers that come only with the weights file, because it is a table of 90,000 numbers without a "
        "pattern, too many to write down. Keep that file with the drawing; without it this table starts with random "
        "numbers"
    ]


def test_groups_of_onnx_are_named_by_their_paths(tmp_path: Path) -> None:
    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.last(self.first(x).relu())
            return found

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.self_mixing, self.linear = Part(), Part()
            self.layers = nn.ModuleList([Part(), Part()])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in (self.self_mixing, self.linear, *self.layers):
                x = layer(x)
            return x

    found = same(saved(Whole(), tmp_path / "whole.onnx", EXAMPLE), EXAMPLE)
    names = {name: node.block.class_name for name, node in found.graph.nodes.items() if isinstance(node.block, Group)}
    assert names == {"self_mixing": "SelfMixing", "linear": "Block", "layers": "Layers"}
    assert import_onnx(tmp_path / "whole.onnx")[0].graph == found.graph

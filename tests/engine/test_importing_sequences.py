"""Recurrent layers and attention of imported files: as blocks that give the file's own answers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from torch import nn

from engine.groups import Group
from engine.importing.modelling import import_module
from engine.importing.onnx_graph import import_onnx
from tests.engine.imported_files import kinds, rebuilt, same, saved, shuffled

WIDTH, STEPS = 8, 5
EXAMPLE = torch.randn(2, STEPS, WIDTH)


def older(module: nn.Module, path: Path, any_batch: bool = True) -> Path:
    """An ONNX file as PyTorch's older exporter writes it."""
    pytest.importorskip("onnxscript")
    axes = {"x": {0: "batch"}} if any_batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            shuffled(module), (EXAMPLE,), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes
        )  # fmt: skip
    return path


class Reading(nn.Module):
    """A recurrent layer of which every result is used."""

    def __init__(self, kind: str, **settings: Any) -> None:
        super().__init__()
        self.layer = getattr(nn, kind)(WIDTH, 4, **settings)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = bool(self.layer.batch_first)
        out, states = self.layer(x if first else x.transpose(0, 1))
        hidden = states[0] + states[1] if isinstance(states, tuple) else states
        return out if first else out.transpose(0, 1), hidden.transpose(0, 1).flatten(1)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("LSTM", {}), ("LSTM", {"batch_first": True, "bidirectional": True, "num_layers": 2}),
     ("GRU", {"bidirectional": True, "batch_first": True}), ("GRU", {"bias": False, "num_layers": 2}),
     ("RNN", {"bidirectional": True}), ("RNN", {"nonlinearity": "relu", "batch_first": True})],
)  # fmt: skip
def test_recurrent_layers_of_onnx(kind: str, settings: dict[str, Any], tmp_path: Path) -> None:
    any_batch = bool(settings)
    example = torch.randn(3 if any_batch else 2, STEPS, WIDTH)
    found = same(older(Reading(kind, **settings), tmp_path / "reading.onnx", any_batch), example)
    assert not found.notes, [str(note) for note in found.notes]
    assert kinds(found.graph).count(kind) == settings.get("num_layers", 1)


@pytest.mark.parametrize("ending", [".pt2", ".onnx"])
def test_the_length_may_come_first(ending: str, tmp_path: Path) -> None:
    found = same(saved(Reading("LSTM"), tmp_path / f"reading{ending}", EXAMPLE), torch.randn(3, STEPS, WIDTH))
    assert not found.notes
    assert "LSTM" in kinds(found.graph)


def test_a_layer_with_a_projection(tmp_path: Path) -> None:
    class Projecting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.LSTM(WIDTH, 6, proj_size=3, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.layer(x)[0]
            return found

    assert "LSTM" in kinds(same(saved(Projecting(), tmp_path / "projecting.pt2", EXAMPLE), EXAMPLE).graph)


@pytest.mark.parametrize("any_batch", [True, False])
def test_steps_that_an_exporter_wrote_one_by_one(any_batch: bool, tmp_path: Path) -> None:
    module = Reading("RNN", batch_first=True)
    path = saved(module, tmp_path / "unrolled.onnx", EXAMPLE, any_batch=any_batch)
    found = same(path, torch.randn(3 if any_batch else 2, STEPS, WIDTH))
    assert not found.notes, [str(note) for note in found.notes]
    assert kinds(found.graph).count("Tanh") == STEPS


GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent_file(path: Path, kind: str, direction: str = "forward", more: dict[str, Any] | None = None) -> Path:
    """One recurrent node of ONNX."""
    ways, rows = 2 if direction == "bidirectional" else 1, 4 * GATES[kind]
    tensors = {"w": (ways, rows, WIDTH), "r": (ways, rows, 4), "b": (ways, 2 * rows)}
    settings = {"hidden_size": 4, "direction": direction, **(more or {})}
    nodes = [
        helper.make_node("Transpose", ["x"], ["turned"], perm=[1, 0, 2]),
        helper.make_node(kind, ["turned", *tensors], ["all", "last"], **settings),
        helper.make_node("Transpose", ["all"], ["y"], perm=[2, 0, 1, 3]),
    ]
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", STEPS, WIDTH))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", STEPS, ways, 4))],
        [onnx.numpy_helper.from_array(torch.randn(size).numpy(), name) for name, size in tensors.items()],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("direction", ["reverse", "bidirectional"])
def test_directions_of_onnx(kind: str, direction: str, tmp_path: Path) -> None:
    more = {"linear_before_reset": 1} if kind == "GRU" else {}
    found = same(recurrent_file(tmp_path / "node.onnx", kind, direction, more), torch.randn(3, STEPS, WIDTH))
    assert not found.notes, [str(note) for note in found.notes]


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [("GRU", {}, "resets its memory before"), ("LSTM", {"clip": 1.0}, "limits its numbers"),
     ("RNN", {"activations": ["Sigmoid"]}, "gates compute with Sigmoid")],
)  # fmt: skip
def test_what_pytorch_computes_differently_is_told(kind: str, more: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = recurrent_file(tmp_path / "node.onnx", kind, more=more)
    onnx.save(onnx.shape_inference.infer_shapes(onnx.load(path)), path)
    found, _ = import_onnx(path)
    assert "Placeholder" in kinds(found.graph)
    assert any(said in str(note) for note in found.notes)


class Attending(nn.Module):
    """nn.MultiheadAttention, to itself or across, looking back or everywhere."""

    def __init__(self, across: bool = False, causal: bool = False, **settings: Any) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 2, **{"batch_first": True, **settings})
        self.across, self.causal = across, causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x if self.attention.batch_first else x.transpose(0, 1)
        mask = nn.Transformer.generate_square_subsequent_mask(STEPS) if self.causal else None
        seen = x.relu()[:, :3] if self.across else x
        found: torch.Tensor = self.attention(x, seen, seen, need_weights=False, attn_mask=mask)[0]
        return found if self.attention.batch_first else found.transpose(0, 1)


@pytest.mark.parametrize(
    ("settings", "way"),
    [({}, ".onnx"), ({}, "older"), ({"causal": True}, ".pt2"), ({"causal": True}, "older"),
     ({"across": True, "bias": False}, ".pt2"), ({"across": True, "bias": False}, "older"),
     ({"batch_first": False, "causal": True}, ".pt2"), ({"batch_first": False, "causal": True}, ".onnx")],
)  # fmt: skip
def test_attention_is_one_block(settings: dict[str, Any], way: str, tmp_path: Path) -> None:
    module = Attending(**settings)
    if way == "older":
        path = older(module, tmp_path / "attending.onnx")
    else:
        path = saved(module, tmp_path / f"attending{way}", EXAMPLE)
    found = same(path, torch.randn(3, STEPS, WIDTH))
    assert not found.notes, [str(note) for note in found.notes]
    (block,) = [node.block for node in found.graph.nodes.values() if node.block.kind() == "MultiheadAttention"]
    assert block.values()["causal"] == settings.get("causal", False)
    assert {"Softmax", "MatMul"}.isdisjoint(kinds(found.graph))


def test_a_file_for_one_size_of_batch_keeps_its_attention(tmp_path: Path) -> None:
    found = same(older(Attending(), tmp_path / "fixed.onnx", any_batch=False), EXAMPLE)
    assert "MultiheadAttention" in kinds(found.graph)


class Looking(nn.Module):
    """Attention of one's own: masked by a fixed table, a learned one, or by what lies behind."""

    def __init__(self, mask: str) -> None:
        super().__init__()
        self.mixed, self.kind = nn.Linear(WIDTH, 3 * WIDTH), mask
        seen = torch.ones(STEPS, STEPS, dtype=torch.bool).tril(2)
        seen[0, 1] = False
        if mask == "learned":
            self.mask = nn.Parameter(torch.zeros(2, STEPS, STEPS))
        else:
            self.register_buffer("mask", seen)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in self.mixed(x).chunk(3, -1))
        if self.kind == "filled":
            scores = (query @ key.transpose(-2, -1) / 2).masked_fill(~self.mask, -torch.inf)
            seen: torch.Tensor = scores.softmax(-1) @ value
            return seen.transpose(1, 2).flatten(2)
        mask = None if self.kind == "causal" else self.mask
        found = F.scaled_dot_product_attention(query, key, value, mask, is_causal=self.kind == "causal")
        return found.transpose(1, 2).flatten(2)


@pytest.mark.parametrize(
    ("mask", "way"),
    [("fixed", ".pt2"), ("fixed", ".onnx"), ("fixed", "older"), ("filled", ".pt2"), ("filled", "older"),
     ("learned", ".pt2"), ("learned", "older"), ("causal", ".pt2"), ("causal", "older")],
)  # fmt: skip
def test_masks_are_kept(mask: str, way: str, tmp_path: Path) -> None:
    module = Looking(mask)
    path = tmp_path / ("looking.pt2" if way == ".pt2" else "looking.onnx")
    found = same(older(module, path) if way == "older" else saved(module, path, EXAMPLE), torch.randn(3, STEPS, WIDTH))
    assert not found.notes, [str(note) for note in found.notes]
    tables = [kind for kind in kinds(found.graph) if kind in ("Parameter", "Buffer")]
    assert tables == {"causal": [], "learned": ["Parameter"]}.get(mask, ["Buffer"])


@pytest.mark.parametrize("layers", [1, 2])
def test_a_transformer_that_reads_the_length_first(layers: int) -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(WIDTH, 2, 16)
            self.layer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False) if layers > 1 else layer
            self.norm, self.gru, self.last = nn.LayerNorm(WIDTH), nn.GRU(WIDTH, 4), nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.last(self.gru(self.norm(self.layer(x.permute(1, 0, 2))).relu())[0])
            return found.permute(1, 0, 2)

    module = shuffled(Whole())
    found = import_module(module, [(STEPS, WIDTH)], "Whole")
    assert not found.notes, [str(note) for note in found.notes]
    assert not any(isinstance(node.block, Group) for node in found.graph.nodes.values())
    example = torch.randn(3, STEPS, WIDTH)
    assert torch.allclose(rebuilt(found, module.state_dict())(example), module(example), atol=1e-5)


def test_a_batch_in_the_place_of_the_length_is_not_drawn() -> None:
    class Confused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(WIDTH, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.attention(x, x, x)[0]
            return found

    found = import_module(Confused(), [(STEPS, WIDTH)], "Confused")
    assert "Placeholder" in kinds(found.graph)
    assert "batch_first=False" in str(found.notes[0])

"""Operators of ONNX, back as blocks that compute the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from engine.importing.onnx_graph import import_onnx
from engine.importing.outcome import ImportFailed
from tests.engine.imported_files import kinds, same


def model(
    nodes: Sequence[Any], entering: Sequence[Any], leaving: Sequence[Any] | None, tensors: dict[str, torch.Tensor]
) -> onnx.ModelProto:
    """An ONNX model of these nodes, from x to y."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, entering)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, leaving)],
        [onnx.numpy_helper.from_array(value.numpy(), name) for name, value in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def chain(*steps: tuple[Any, ...]) -> list[Any]:
    """Nodes that follow each other: each a kind, the names of further inputs, and settings."""
    nodes, before = [], "x"
    for number, (kind, more, settings) in enumerate(steps):
        after = "y" if number == len(steps) - 1 else f"v{number}"
        nodes.append(helper.make_node(kind, [before, *more], [after], **settings))
        before = after
    return nodes


def ints(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers)


PICTURE = ("N", 4, 6, 6)
CASES: dict[str, tuple[Any, ...]] = {
    "padding": (chain(("AveragePool", (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]})), PICTURE, {}),
    "strides": (chain(("MaxPool", (), {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1})), PICTURE, {}),
    "same": (
        chain(("Conv", ("w",), {"auto_pad": "SAME_UPPER", "strides": [2, 2]})),
        PICTURE,
        {"w": torch.randn(3, 4, 3, 3)},
    ),
    "transposed": (
        chain(("ConvTranspose", ("w", "b"), {"strides": [2, 2], "output_padding": [1, 1]})),
        PICTURE,
        {"w": torch.randn(4, 2, 3, 3), "b": torch.randn(2)},
    ),
    "hard sigmoid": (chain(("HardSigmoid", (), {}), ("HardSigmoid", (), {"alpha": 1 / 6})), PICTURE, {}),
    "clip": (chain(("Clip", ("low", "high"), {})), PICTURE, {"low": torch.tensor(0.0), "high": torch.tensor(6.0)}),
    "squeezed": (
        chain(("ReduceMean", ("axes",), {}), ("Squeeze", ("axes",), {}), ("Unsqueeze", ("axis",), {})),
        PICTURE,
        {"axes": ints(2, 3), "axis": ints(-1)},
    ),
    "sliced": (
        chain(("Slice", ("starts", "ends", "axes", "steps"), {}), ("Transpose", (), {"perm": [0, 2, 3, 1]})),
        PICTURE,
        {"starts": ints(1, 0), "ends": ints(2**62, 5), "axes": ints(1, 3), "steps": ints(1, 2)},
    ),
    "gemm": (
        chain(("Flatten", (), {}), ("Gemm", ("w", "b"), {"alpha": 0.5, "transB": 0})),
        PICTURE,
        {"w": torch.randn(144, 3), "b": torch.randn(1, 3)},
    ),
    "matmul": (
        chain(("MatMul", ("w",), {}), ("Add", ("b",), {})),
        ("N", 6),
        {"w": torch.randn(6, 3), "b": torch.ones(3)},
    ),
    "resized": (
        chain(("Resize", ("", "scales"), {"mode": "linear", "coordinate_transformation_mode": "half_pixel"})),
        PICTURE,
        {"scales": torch.tensor([1.0, 1.0, 2.0, 2.0])},
    ),
    "padded": (chain(("Pad", ("pads",), {"mode": "reflect"})), PICTURE, {"pads": ints(0, 0, 1, 2, 0, 0, 2, 1)}),
    "softmax": (chain(("Softmax", (), {"axis": 1}), ("Identity", (), {}), ("Dropout", (), {})), PICTURE, {}),
    "fixed batch": (chain(("Reshape", ("shape",), {}), ("Relu", (), {})), (1, 4, 6, 6), {"shape": ints(1, -1)}),
    "learned": (
        chain(("Mul", ("scale",), {}), ("Sub", ("shift",), {}), ("Div", ("two",), {})),
        PICTURE,
        {"scale": torch.randn(4, 1, 1), "shift": torch.randn(6), "two": torch.tensor(2.0)},
    ),
    "normal": (
        chain(("BatchNormalization", ("g", "b", "m", "v"), {}), ("LayerNormalization", ("w",), {"axis": -1})),
        PICTURE,
        {"g": torch.randn(4), "b": torch.randn(4), "m": torch.randn(4), "v": torch.rand(4) + 0.5, "w": torch.randn(6)},
    ),
    "split": (
        [
            helper.make_node("Split", ["x"], ["one", "other"], axis=1, num_outputs=2),
            helper.make_node("Concat", ["other", "one"], ["y"], axis=1),
        ],
        PICTURE,
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_operators_of_onnx(name: str, tmp_path: Path) -> None:
    nodes, shape, tensors = CASES[name]
    path = tmp_path / "case.onnx"
    example = torch.randn(1 if shape[0] == 1 else 2, *shape[1:])
    made = model(nodes, shape, None, tensors)
    onnx.save(onnx.shape_inference.infer_shapes(made), path)
    found = same(path, example)
    assert not found.notes, [str(note) for note in found.notes]


def test_a_bias_behind_a_product_is_one_linear_layer(tmp_path: Path) -> None:
    nodes, shape, tensors = CASES["matmul"]
    onnx.save(model(nodes, shape, ("N", 3), tensors), tmp_path / "linear.onnx")
    assert kinds(import_onnx(tmp_path / "linear.onnx")[0].graph) == ["Input", "Linear", "Output"]


def test_a_size_that_is_not_fixed_is_told(tmp_path: Path) -> None:
    onnx.save(model(chain(("Relu", (), {})), ("N", "L"), ("N", "L"), {}), tmp_path / "open.onnx")
    with pytest.raises(ImportFailed, match="size that is not fixed"):
        import_onnx(tmp_path / "open.onnx")

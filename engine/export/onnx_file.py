"""The network as an ONNX file, for programs and devices without PyTorch."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from engine.export.exported_program import (
    CLOSE,
    OTHER_EXAMPLES,
    Recorded,
    answers,
    difference,
    examples,
    quiet,
    reason,
    record,
)
from engine.export.style import CannotExport, Wishes
from engine.project import Project

OPSET = 18
"""The newest set of operators that PyTorch's exporter writes directly; runtimes of 2023 and later know it."""
PACKAGES = ("onnx", "onnxscript")
LARGEST = 2**31 - 1
"""Bytes that one ONNX file can hold."""


def export_onnx(project: Project, wishes: Wishes) -> bytes:
    """The ONNX file, compared with PyTorch where onnxruntime is installed. Raises NotReady and CannotExport."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise CannotExport(f"ONNX files need {' and '.join(missing)}. Install: pip install {' '.join(missing)}")
    recorded = record(project, wishes)
    content = _content(_translated(recorded), recorded)
    _compare(recorded, content)
    return content


def _translated(recorded: Recorded) -> Any:
    """PyTorch's translation of the network, as an ONNX model."""
    import torch

    try:
        with quiet():
            found = torch.onnx.export(
                recorded.program,
                (),
                input_names=recorded.inputs,
                output_names=recorded.outputs,
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # an operator without a translation ends in many kinds of errors
        raise CannotExport(f"This network cannot be written as ONNX: {reason(error)}") from error
    assert found is not None
    return found.model


def _content(model: Any, recorded: Recorded) -> bytes:
    """The bytes of a model, with plain names and without traces of this computer."""
    onnx, onnx_ir = importlib.import_module("onnx"), importlib.import_module("onnx_ir")
    model.metadata_props.update(recorded.facts)
    model.producer_name = "Layerloom"
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
    taken = {value.name for value in (*model.graph.inputs, *model.graph.outputs)}
    _rename_values(model.graph, taken)
    try:
        proto = onnx_ir.serde.serialize_model(model)
        if proto.ByteSize() > LARGEST:
            raise CannotExport("The network is larger than 2 GB, which no single ONNX file can hold. Export pt2.")
        _name_the_batch(proto)
        onnx.checker.check_model(proto)
    except (ValueError, onnx.checker.ValidationError) as error:
        raise CannotExport(f"This network cannot be written as ONNX: {reason(error)}") from error
    content: bytes = proto.SerializeToString()
    return content


def _rename_values(graph: Any, taken: set[str]) -> None:
    """Give what flows inside other names than what enters and leaves."""
    ends = {id(value) for value in (*graph.inputs, *graph.outputs)}
    for node in graph:
        for value in node.outputs:
            if id(value) not in ends and value.name in taken:
                value.name = f"inner.{value.name}"


def _name_the_batch(proto: Any) -> None:
    """Call the first dimension of every end `batch`, as people look for it."""
    old = proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        for dimension in value.type.tensor_type.shape.dim:
            if old and dimension.dim_param == old:
                dimension.dim_param = "batch"


def _compare(recorded: Recorded, content: bytes) -> None:
    """Let onnxruntime run the file, where it is installed. Raises CannotExport if it says anything else."""
    if find_spec("onnxruntime") is None:
        return
    import torch

    runtime: Any = importlib.import_module("onnxruntime")
    inputs = examples(recorded, OTHER_EXAMPLES)
    options = runtime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        fed = {value.name: tensor.numpy() for value, tensor in zip(session.get_inputs(), inputs, strict=True)}
        found = tuple(map(torch.as_tensor, session.run(list(recorded.outputs), fed)))
    except Exception as error:  # the runtime's errors share no base of their own
        raise CannotExport(f"onnxruntime cannot run the ONNX file: {reason(error)}") from error
    apart = difference(answers(recorded.network.module, inputs), found)
    if not apart <= CLOSE:
        raise CannotExport(f"onnxruntime computes something else from the ONNX file: {apart:.2g} apart from PyTorch.")

"""What leaves the program as a model, as weights, as data or as text is the drawing, and loads elsewhere."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from safetensors.torch import load, load_file, save_file

from engine.blocks.activation import ReLU
from engine.blocks.activation_rare import RReLU
from engine.blocks.data import Input, Output
from engine.blocks.linear import Embedding, Linear
from engine.blocks.merge import Add
from engine.blocks.recurrent import LSTM
from engine.blocks.splitting import Chunk
from engine.check import check
from engine.export import EXPORTS, onnx_file
from engine.export.drawing_data import export_data
from engine.export.exported_program import FACTS, difference, export_program
from engine.export.onnx_file import OPSET, export_onnx
from engine.export.style import CannotExport, Wishes
from engine.export.summary import bytes_text, export_summary
from engine.export.tikz import LARGEST, escape, export_tikz
from engine.export.weights import export_weights
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.lower import NotReady, lower, write
from engine.model import build
from engine.project import Project, graph_data
from engine.templates import TEMPLATES, new
from tests.engine.nested import nested_graphs

NONE = Wishes()
CLOSE = 1e-4

Export = Callable[[Project, Wishes], bytes]


def chain(*blocks: Any, **more: Any) -> Graph:
    """Blocks in a row, by the names of their kind."""
    graph, before = Graph(), ""
    for block in blocks:
        name = graph.name_for(block)
        graph = graph.add(Node(name, block, (240.0 * len(graph.nodes), 0.0), **more))
        if before:
            output, *_ = graph.nodes[before].block.output_ports()
            graph = graph.connect(Wire(before, output, name, block.input_ports()[0]))
        before = name
    return graph


def two_ends() -> Project:
    """Two inputs, two outputs, names that an exporter may want for itself, and an LSTM."""
    graph = Graph().add(
        Node("words", Input(shape=(5,), dtype="int64")),
        Node("numbers", Input(shape=(5, 4))),
        Node("embedding", Embedding(num_embeddings=3, embedding_dim=4)),
        Node("add", Add()),
        Node("memory", LSTM(hidden_size=6)),
        Node("relu", ReLU()),
        Node("linear", Output()),
        Node("add_1", Output()),
    )
    return Project(
        graph.connect(
            Wire("words", "output", "embedding", "input"),
            Wire("embedding", "output", "add", "input"),
            Wire("numbers", "output", "add", "other"),
            Wire("add", "output", "memory", "input"),
            Wire("memory", "output", "relu", "input"),
            Wire("relu", "output", "linear", "input"),
            Wire("add", "output", "add_1", "input"),
        )
    )


def network(project: Project, weights: bytes) -> torch.nn.Module:
    """The network of the drawing with these weights, as it answers after training."""
    module = build(write(lower(project.graph, check(project.graph))))
    module.load_state_dict(load(weights))
    return module.eval()


def batch(project: Project, count: int) -> tuple[torch.Tensor, ...]:
    """Numbers, or ids below three, for each input."""
    report = check(project.graph)
    nodes = [node for node in project.graph.nodes.values() if isinstance(node.block, Input)]
    shapes = [(count, *report.blocks[node.name].outputs[0]) for node in nodes]
    kinds = [node.block.dtype for node in nodes if isinstance(node.block, Input)]
    return tuple(
        torch.randint(3, size) if kind == "int64" else torch.randn(size)
        for size, kind in zip(shapes, kinds, strict=True)
    )


def answers(module: Any, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    with torch.no_grad():
        found = module(*inputs)
    return found if isinstance(found, tuple) else (found,)


def run_onnx(content: bytes, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    fed = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
    return tuple(map(torch.as_tensor, session.run(None, fed)))


def run_pt2(content: bytes, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return answers(torch.export.load(io.BytesIO(content)).module(), inputs)


MODELS = pytest.mark.parametrize(("export", "run"), [(export_onnx, run_onnx), (export_program, run_pt2)])
Run = Callable[[bytes, tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]


@MODELS
@pytest.mark.parametrize("make", [lambda: new("residual"), two_ends], ids=["residual", "two ends"])
def test_a_model_computes_what_the_drawing_computes(make: Callable[[], Project], export: Export, run: Run) -> None:
    project = make()
    content, module = export(project, NONE), network(project, export_weights(project, NONE))
    for count in (1, 7):
        inputs = batch(project, count)
        assert difference(answers(module, inputs), run(content, inputs)) < CLOSE
    assert str(Path(torch.__file__).parents[1]).encode() not in content, "the file names a folder of this computer"


@MODELS
def test_a_model_takes_trained_weights(export: Export, run: Run, tmp_path: Path) -> None:
    project = new("spiral")
    trained = export_weights(Project(project.graph, project.recipe.changed(seed=99)), NONE)
    (tmp_path / "w.safetensors").write_bytes(trained)
    inputs = batch(project, 5)
    right = answers(network(project, trained), inputs)
    assert difference(right, run(export(project, Wishes(tmp_path / "w.safetensors")), inputs)) < CLOSE
    assert difference(right, run(export(project, NONE), inputs)) > 100 * CLOSE


@MODELS
@settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(graph=nested_graphs(5))
def test_groups_copies_and_shared_weights_go_into_models(export: Export, run: Run, graph: Graph) -> None:
    """Any drawing is written right, or refused in a sentence."""
    project = Project(graph)
    try:
        content = export(project, NONE)
    except CannotExport as error:
        assert str(error).startswith(("PyTorch cannot record", "This network cannot be written as ONNX", "onnxruntime"))
        return
    inputs = batch(project, 3)
    torch.manual_seed(project.recipe.seed)
    module = build(write(lower(graph, check(graph)))).eval()
    assert difference(answers(module, inputs), run(content, inputs)) < CLOSE


def test_an_operator_without_translation_is_named() -> None:
    with pytest.raises(CannotExport, match=r"cannot be written as ONNX: there is no translation of rrelu"):
        export_onnx(Project(chain(Input(shape=(4,)), RReLU(), Output())), NONE)


def test_an_onnx_file_says_what_is_in_it() -> None:
    project = two_ends()
    content = export_onnx(project, NONE)
    model = onnx.load_from_string(content)
    assert model.opset_import[0].version == OPSET >= 18
    ends = {
        value.name: [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert ends == {
        "words": ["batch", 5],
        "numbers": ["batch", 5, 4],
        "linear": ["batch", 5, 6],
        "add_1": ["batch", 5, 4],
    }
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["weights"] == "new, drawn with seed 0" and facts["mode"] == "evaluation"
    assert {"embedding.weight", "memory.weight_ih_l0"} & {value.name for value in model.graph.initializer}


def test_a_pt2_file_carries_its_facts() -> None:
    told = {FACTS: ""}
    torch.export.load(io.BytesIO(export_program(new("spiral"), NONE)), extra_files=told)
    assert json.loads(told[FACTS])["title"] == new("spiral").title


def test_new_weights_are_those_that_training_begins_with(tmp_path: Path) -> None:
    project = new("cnn")
    found = load(export_weights(project, NONE))
    torch.manual_seed(project.recipe.seed)
    wanted = build(write(lower(project.graph, check(project.graph)))).state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], value) for name, value in wanted.items())


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda tensors: tensors.pop("linear1.bias"), "they lack linear1.bias"),
        (lambda tensors: tensors.update(more=torch.zeros(2)), "the drawing has no more"),
        (
            lambda tensors: tensors.update({"linear1.bias": torch.zeros(2, 2)}),
            "linear1.bias is 2×2 in the file, but 3 in the drawing",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    spoil: Callable[[dict[str, torch.Tensor]], object], complaint: str, tmp_path: Path
) -> None:
    project = Project(chain(Input(shape=(4,)), Linear(out_features=3), Output()))
    tensors = load(export_weights(project, NONE))
    spoil(tensors)
    save_file(tensors, tmp_path / "w.safetensors")
    with pytest.raises(CannotExport, match=complaint):
        export_weights(project, Wishes(tmp_path / "w.safetensors"))


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"not weights at all, not even nearly")
    with pytest.raises(CannotExport, match=r"w\.safetensors is damaged"):
        export_weights(new("spiral"), Wishes(tmp_path / "w.safetensors"))
    with pytest.raises(CannotExport, match=r"none\.safetensors cannot be read: No such file"):
        export_weights(new("spiral"), Wishes(tmp_path / "none.safetensors"))


def test_given_weights_leave_as_they_came(tmp_path: Path) -> None:
    project = new("spiral")
    trained = {name: torch.randn_like(value) for name, value in load(export_weights(project, NONE)).items()}
    save_file(trained, tmp_path / "w.safetensors")
    (tmp_path / "again.safetensors").write_bytes(export_weights(project, Wishes(tmp_path / "w.safetensors")))
    found = load_file(tmp_path / "again.safetensors")
    assert all(torch.equal(found[name], value) for name, value in trained.items())


def test_what_has_no_weights_has_no_weights_file() -> None:
    with pytest.raises(CannotExport, match="Nothing in this drawing has weights"):
        export_weights(Project(chain(Input(shape=(4,)), ReLU(), Output())), NONE)


def grouped() -> Project:
    inner = chain(Input(shape=(6,)), Linear(out_features=6), ReLU(), Output())
    blocks = (Input(shape=(6,)), Group(class_name="Stage", repeat=3, graph=inner), Linear(out_features=2), Output())
    graph = chain(*blocks)
    return Project(graph.put(replace(graph.nodes["linear1"], frozen=True)))


def test_the_summary_is_a_table_with_totals() -> None:
    lines = export_summary(grouped()).splitlines()
    rows = {tuple(line.split()) for line in lines}
    assert ("group1", "Group", "Stage,", "3×", "N×6", "126", "108") in rows
    assert ("0", "to", "2,", "each") in rows and ("linear1", "Linear", "6", "N×6", "42", "36") in rows
    assert ("linear1", "Linear", "2", "N×2", "14", "frozen", "12") in rows
    assert ("Parameters", "140") in rows and ("that", "learn", "126") in rows and ("frozen", "14") in rows
    assert ("Multiply-accumulates", "for", "one", "example", "120") in rows
    assert all(line == line.rstrip() for line in lines) and len({lines.count(rule) for rule in lines if "═" in rule})


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (31_400, "31.4 kB"), (2e9, "2 GB")]
)
def test_sizes_are_written_as_people_write_them(size: float, text: str) -> None:
    assert bytes_text(size) == text


def test_data_holds_the_drawing_its_shapes_and_costs() -> None:
    project = grouped()
    data, report = json.loads(export_data(project)), check(project.graph)
    assert data["cost"]["parameters"] == report.parameters and data["cost"]["macs"] == report.macs
    assert [node["name"] for node in data["nodes"]] == list(project.graph.nodes)
    assert [[w["source"], w["output"], w["target"], w["input"]] for w in data["wires"]] == graph_data(project.graph)[
        "wires"
    ]
    assert all(wire["shape"] == [6] for wire in data["wires"][:2]) and data["wires"][2]["shape"] == [2]
    group = data["nodes"][1]
    assert group["settings"]["repeat"] == 3 and group["graph"]["nodes"][1]["parameters"] == 42
    assert group["graph"]["wires"][0]["shape"] == [6]


def test_data_of_a_broken_drawing_says_what_is_unknown() -> None:
    data = json.loads(export_data(Project(new("cnn").graph.configure("conv2", kernel_size=31))))
    known = {node["name"]: node for node in data["nodes"]}
    assert known["conv2"]["parameters"] is None and known["conv2"]["outputs"][0]["shape"] is None
    assert known["conv1"]["outputs"][0]["shape"] == [24, 28, 28]
    assert data["problems"][0]["block"] == "conv2"


def balanced(text: str) -> bool:
    """Whether every brace of a LaTeX text is closed."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_latex_picture_is_a_whole_document(name: str) -> None:
    project = new(name)
    text = export_tikz(project)
    begun, ended = re.findall(r"\\begin{(\w+)}", text), re.findall(r"\\end{(\w+)}", text)
    assert begun == ended[::-1] == ["document", "tikzpicture"] and balanced(text)
    assert text.count(r"\node[loom block=") == len(project.graph.nodes)
    assert text.count(r"\draw[loom wire") == text.count(r"node[loom shape") == len(project.graph.wires)
    places = set(re.findall(r"\((b\d+)\) at", text))
    used = set(re.findall(r"(b\d+)\.(?:east|west)", text))
    assert used <= places and text.isascii()
    styles = set(re.findall(r"block=(\w+)", text))
    assert styles <= set(re.findall(r"\\definecolor{(\w+)}", text))


def test_a_latex_picture_has_the_ports_where_there_are_several() -> None:
    graph = chain(Input(shape=(4,)), Chunk(chunks=2), Output())
    text = export_tikz(Project(graph))
    ports = graph.nodes["chunk1"].block.output_ports()
    assert all(rf"{{{escape(port)}}}" in text for port in ports) and text.count("yshift") >= len(ports)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("50 % of a_b & #1 ~ ^", r"50 \% of a\_b \& \#1 \textasciitilde{} \textasciicircum{}"),
        ("3×3 → ☃\n", r"3$\times$3 $\rightarrow$ ??"),
    ],
)
def test_latex_gets_nothing_to_execute(text: str, safe: str) -> None:
    assert escape(text) == safe


def test_a_title_ends_no_comment_of_a_latex_picture() -> None:
    text = export_tikz(Project(new("spiral").graph, title="one\n\\input{x}\r\x0b\u2028two"))
    assert text.splitlines()[0].startswith("% one \\input{x} two") and balanced(text)
    assert text.splitlines()[1].startswith("%")


def test_a_latex_picture_stays_within_what_tex_can_measure() -> None:
    graph = chain(Input(shape=(4,)), Linear(out_features=3), Output())
    far = graph.put(replace(graph.nodes["linear1"], at=(1e7, -1e7)))
    numbers = re.findall(r"at \((-?[\d.]+), (-?[\d.]+)\)", export_tikz(Project(far)))
    assert len(numbers) == 3 and all(abs(float(number)) <= LARGEST for pair in numbers for number in pair)


@pytest.mark.parametrize("style", EXPORTS.values(), ids=EXPORTS)
def test_styles_are_told_completely(style: Any) -> None:
    assert style.help.endswith(".") and "\n" not in style.help and style.title[0].isupper()
    assert style.suffix.startswith(".") != (style.form == "folder")
    assert not style.needs_qt or style.unfinished


def test_what_is_not_ready_is_refused_before_pytorch_is_asked() -> None:
    for style in EXPORTS.values():
        if style.needs_torch and style.write:
            with pytest.raises(NotReady, match="conv2"):
                style.write(Project(new("cnn").graph.configure("conv2", kernel_size=31)), NONE)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "PACKAGES", ("onnx", "package_that_is_not_there"))
    with pytest.raises(
        CannotExport, match=r"ONNX files need package_that_is_not_there\. Install: pip install package_t"
    ):
        export_onnx(new("spiral"), NONE)

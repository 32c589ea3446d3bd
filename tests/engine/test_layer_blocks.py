"""Layers without windows: what sequence blocks give in drawings, and who sees only its own place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.blocks import BLOCKS, Block, Shape
from engine.check import Report, check
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.lower import Source, lower, write
from engine.model import build

STEPS, FEATURES = 6, 8
READERS = ("RNN", "LSTM", "GRU")


def drawing(kind: str, settings: dict[str, Any], read: tuple[str, ...], sources: tuple[str, ...] = ("x",)) -> Graph:
    """One block named `it`, fed from Inputs, with an Output for each port that is read."""
    block = BLOCKS[kind].read(settings)
    graph = Graph().add(Node("it", block))
    for name in sources:
        graph = graph.add(Node(name, BLOCKS["Input"].read({"shape": [STEPS, FEATURES]})))
    feeds = zip(block.input_ports(), sources * len(block.input_ports()), strict=False)
    graph = graph.connect(*(Wire(source, "output", "it", port) for port, source in feeds))
    for port in read:
        end = Node(f"{port}_end", BLOCKS["Output"].read({}))
        graph = graph.add(end).connect(Wire("it", port, end.name, "input"))
    return graph


def code(graph: Graph) -> Source:
    report: Report = check(graph)
    assert report.ok, report.problems
    return write(lower(graph, report))


def network(source: Source) -> nn.Module:
    torch.manual_seed(0)
    return build(source).eval()


@pytest.mark.parametrize("kind", READERS)
def test_the_memory_comes_out_batch_first(kind: str) -> None:
    ports = BLOCKS[kind]().output_ports()
    net = network(code(drawing(kind, {"hidden_size": 5, "num_layers": 2, "bidirectional": True}, ports)))
    batch = torch.randn(3, STEPS, FEATURES)
    output, *states = net(batch)
    expected, memory = net.get_submodule("it")(batch)
    assert torch.equal(output, expected)
    for mine, pytorchs in zip(states, memory if isinstance(memory, tuple) else (memory,), strict=True):
        assert mine.shape == (3, 4, 5)
        assert torch.equal(mine, pytorchs.transpose(0, 1))


@pytest.mark.parametrize("kind", READERS)
def test_the_last_step_is_the_end_of_the_output(kind: str) -> None:
    net = network(code(drawing(kind, {"hidden_size": 5, "last_step": True}, ("output",))))
    batch = torch.randn(3, STEPS, FEATURES)
    whole, _ = net.get_submodule("it")(batch)
    assert torch.equal(net(batch), whole[:, -1])


def test_code_names_only_what_is_read() -> None:
    text = code(drawing("LSTM", {"hidden_size": 5}, ("output",))).text
    assert "it_output, _ = self.it(x)" in text
    assert "transpose" not in text
    text = code(drawing("LSTM", {"hidden_size": 5, "last_step": True}, ("cell",))).text
    assert "_, (_, it_cell) = self.it(x)" in text
    assert "-1" not in text


def test_attention_computes_its_weights_only_for_a_reader() -> None:
    assert "need_weights=False" in code(drawing("MultiheadAttention", {"num_heads": 2}, ("output",))).text
    both = code(drawing("MultiheadAttention", {"num_heads": 2}, ("output", "weights")))
    assert "need_weights" not in both.text
    _, weights = network(both)(torch.randn(3, STEPS, FEATURES))
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, STEPS))


CAUSAL = {
    "MultiheadAttention": {"num_heads": 2},
    "TransformerEncoderLayer": {"nhead": 2, "dim_feedforward": 16},
    "TransformerEncoder": {"nhead": 2, "num_layers": 2, "dim_feedforward": 16, "norm_first": True, "norm": True},
}


@pytest.mark.parametrize("kind", CAUSAL)
@pytest.mark.parametrize("causal", [True, False])
def test_a_causal_block_does_not_see_what_comes_later(kind: str, causal: bool) -> None:
    net = network(code(drawing(kind, {**CAUSAL[kind], "causal": causal}, ("output",))))
    batch = torch.randn(2, STEPS, FEATURES)
    later = batch.clone()
    later[:, -1] += torch.randn(2, FEATURES)
    before, after = net(batch)[:, :-1], net(later)[:, :-1]
    assert torch.allclose(before, after, atol=1e-6) is causal


def test_a_causal_decoder_sees_all_of_its_memory() -> None:
    settings = {"nhead": 2, "dim_feedforward": 16, "causal": True}
    net = network(code(drawing("TransformerDecoderLayer", settings, ("output",), ("x", "other"))))
    target, memory = torch.randn(2, STEPS, FEATURES), torch.randn(2, STEPS, FEATURES)

    def first_step(target: Tensor, memory: Tensor) -> Tensor:
        answer: Tensor = net(target, memory)[:, 0]
        return answer

    changed = torch.cat([target[:, :1], torch.randn(2, STEPS - 1, FEATURES)], 1)
    torch.testing.assert_close(first_step(target, memory), first_step(changed, memory))
    assert not torch.allclose(first_step(target, memory), first_step(target, memory + torch.randn(2, 1, FEATURES)))


def test_dropout_between_layers_needs_layers_and_both_ways_out_work() -> None:
    graph = drawing("LSTM", {"dropout": 0.5}, ("output",))
    (problem,) = check(graph).errors
    assert "num_layers" in problem.text
    assert [fix.label for fix in problem.fixes][:2] == ["Set dropout to 0", "Set num_layers to 2"]
    assert all(check(fix.apply(graph)).ok for fix in problem.fixes[:2])


def test_text_goes_from_ids_to_an_answer() -> None:
    graph = Graph().add(Node("ids", BLOCKS["Input"].read({"shape": [STEPS], "dtype": "int64"})))
    row = {
        "embedding": BLOCKS["Embedding"].read({"num_embeddings": 50, "embedding_dim": 16}),
        "gru": BLOCKS["GRU"].read({"hidden_size": 8, "last_step": True}),
        "linear": BLOCKS["Linear"].read({"out_features": 3}),
        "answer": BLOCKS["Output"].read({}),
    }
    before = ("ids", "output")
    for name, block in row.items():
        graph = graph.add(Node(name, block)).connect(Wire(*before, name, block.input_ports()[0]))
        before = (name, "output")
    assert network(code(graph))(torch.randint(50, (4, STEPS))).shape == (4, 3)


PLACEWISE = [kind for kind, b in BLOCKS.items() if b.family in ("activation", "normalisation") and kind != "GLU"]
"""Blocks that work either place by place or on a whole example; GLU pairs places that lie far apart."""


def change_elsewhere(block: Block, shape: Shape) -> float:
    """How much other places of the result change with all channels at one place of the input."""
    layer = eval(str(block.layer(shape)), {"nn": nn}).eval()
    for weight in layer.parameters():
        nn.init.normal_(weight)
    one = torch.randn(1, *shape)
    here = torch.zeros(shape)
    here.view(shape[0], -1)[:, 0] = 1
    change: Tensor = layer(one) - layer(one + here * torch.randn(shape))
    return change.detach().mul(1 - here).abs().max().item()


@pytest.mark.parametrize("kind", PLACEWISE)
@pytest.mark.parametrize("dim", [1, 2])
def test_a_block_that_says_it_sees_its_own_place_alone_does_so(kind: str, dim: int) -> None:
    """And one that says it sees everything sees more than its place."""
    block = BLOCKS[kind].read({"dim": dim} if "dim" in BLOCKS[kind]().values() else {})
    suited = [shape for shape in ((8, 6), (8, 6, 6), (8, 6, 6, 6)) if not evaluate(block, (shape,)).error]
    assert suited
    for shape in suited:
        assert (block.reach(shape) == ()) is (change_elsewhere(block, shape) < 1e-6)

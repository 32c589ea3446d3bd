"""Layers of transformers: attention and two Linear blocks with their skip connections and normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blocks.attention import (
    CAUSAL,
    HEADS,
    attention_macs,
    attention_weights,
    causal_mask,
    check_heads,
    inside,
)
from engine.blocks.base import BYTES_OF_NUMBER, Block, Shape, ShapeError, elements, needs_rank
from engine.blocks.linear import with_bias
from engine.blocks.recurrent import SEQUENCE
from engine.program import Call, Variable, call
from engine.settings import param

LAYER = "nn.TransformerEncoderLayer"
DECODER_LAYER = "nn.TransformerDecoderLayer"


class Transformer(Block):
    """Base of the layers of transformers."""

    derived = ("d_model",)

    nhead: int = param(HEADS, 1, 10_000, default=4, required=True)
    dim_feedforward: int = param(
        "How many numbers there are between the two Linear blocks.", 1, 1_000_000, default=2048
    )
    dropout: float = param("Which part is set to zero at random, only while training.", 0.0, 1.0, default=0.1)
    activation: str = param("What bends between the two Linear blocks.", choices=("relu", "gelu"), default="relu")
    layer_norm_eps: float = param(
        "A small number that keeps the division of the normalisation safe.", 1e-12, 1.0, default=1e-5, rare=True
    )
    norm_first: bool = param("Normalise before attention and Linear instead of behind them.", default=False, rare=True)
    bias: bool = param("Add learned numbers in Linear, attention and normalisation.", default=True, rare=True)
    causal: bool = param(CAUSAL, default=False)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        required, changed = super().code_options()
        return required, {name: value for name, value in changed.items() if name != "causal"}

    def reach(self, *inputs: Any) -> None:
        return None

    def key_settings(self) -> str:
        return f"{self.nhead} heads, {self.dim_feedforward}"

    def _layer(self, target: str, size: int) -> Call:
        """The call that makes one layer."""
        changed = Transformer.code_options(self)[1]
        rows = [row for row in Transformer.params() if row.name != "causal"]
        stated = tuple((row.name, changed[row.name]) for row in rows if row.name in changed)
        defaults = tuple((row.name, row.default) for row in rows if not row.required)
        names = (*Transformer.derived, "nhead")
        return Call(target, (size, self.nhead), (*stated, ("batch_first", True)), names, defaults)

    def _weights(self, size: int, attentions: tuple[str, ...]) -> dict[str, Shape]:
        """What a layer with these attentions learns."""
        found: dict[str, Shape] = {}
        for name in attentions:
            found.update(inside(name, attention_weights(self.bias, size, size, size)))
        found.update(inside("linear1", with_bias(self.bias, self.dim_feedforward, size)))
        found.update(inside("linear2", with_bias(self.bias, size, self.dim_feedforward)))
        for number in range(len(attentions) + 1):
            found.update(inside(f"norm{number + 1}", with_bias(self.bias, size)))
        return found

    def _saved(self, batch: int, steps: Shape, *others: Shape) -> int:
        """Bytes that autograd keeps for one layer that looks at itself and at others."""
        (length, features), chance = steps, self.dropout > 0
        bent = (2 + chance if self.activation == "gelu" else 1 + 2 * chance) * length * self.dim_feedforward
        vectors = (8 + 4 * chance + (4 + chance) * len(others)) * length * features
        vectors += sum((3 + chance) * elements(other) for other in others)
        weights = self.nhead * sum(length * (3 * other[0] if chance else 1) for other in (steps, *others))
        return BYTES_OF_NUMBER * batch * (bent + vectors + weights + 2 * length * (2 + len(others)))

    def _macs(self, steps: Shape, *looked_at: Shape) -> int:
        attention = sum(attention_macs(steps, other, other, other[0]) for other in looked_at)
        return attention + 2 * steps[0] * steps[1] * self.dim_feedforward


class TransformerEncoderLayer(Transformer):
    """Self-attention, then two Linear blocks at every step, each with a skip connection and normalisation.

    With causal on it is a layer of a model that writes text, such as GPT.

    Formula: h = norm(x + attention(x)) and y = norm(h + W2·relu(W1·h + b1) + b2)
    In: A sequence: length × features; nhead divides the features. Add positions first: it knows no order.
    Out: The same shape.
    Use: Several in a row for text, for patches of pictures, and for measurements over time.
    Example: TransformerEncoderLayer(nhead=4): 12×64 → 12×64
    """

    family = "sequence"
    title = "Transformer encoder layer"
    torch_name = LAYER
    accepts = "L×F"
    keywords = ("attention", "gpt", "bert", "vit", "self-attention")
    short_name = "encoder_layer"

    def shape_rule(self, src: Shape) -> Shape:
        needs_rank(src, (2,), SEQUENCE)
        check_heads(self, "nhead", src[1])
        return src

    def layer(self, src: Shape) -> Call:
        return self._layer(self.torch_name, src[1])

    def apply(self, me: str, *tensors: Variable) -> Call:
        masked = {"src_mask": causal_mask(tensors[0]), "is_causal": True} if self.causal else {}
        return call(f"self.{me}", *tensors, **masked)

    def weights(self, src: Shape) -> Mapping[str, Shape]:
        return self._weights(src[1], ("self_attn",))

    def macs(self, src: Shape) -> int:
        return self._macs(src, src)

    def saved_besides(self, batch: int, src: Shape) -> int:
        return self._saved(batch, src)


class Stack(Transformer):
    """Base of several layers in a row."""

    num_layers: int = param("How many layers there are.", 1, 100, default=6, required=True)
    norm: bool = param("Normalise once more at the end, usual with norm_first.", default=False)

    def _stack(self, layer: str, size: int, **options: Any) -> Call:
        """The call that makes the layers, of the class `layer`."""
        if self.norm:
            usual = {"eps": 1e-5, "bias": True}
            stated = {"eps": self.layer_norm_eps, "bias": self.bias}
            changed = {name: value for name, value in stated.items() if value != usual[name]}
            options = {"norm": call("nn.LayerNorm", size, **changed), **options}
        layers = self._layer(layer, size), self.num_layers
        return Call(self.torch_name, layers, tuple(options.items()), (*self.derived, "num_layers"))

    def _stack_weights(self, size: int, attentions: tuple[str, ...]) -> dict[str, Shape]:
        one = self._weights(size, attentions)
        found: dict[str, Shape] = {}
        for number in range(self.num_layers):
            found.update(inside(f"layers.{number}", one))
        return {**found, **(inside("norm", with_bias(self.bias, size)) if self.norm else {})}

    def _stack_saved(self, batch: int, steps: Shape, *memory: Shape) -> int:
        last = BYTES_OF_NUMBER * batch * (elements(steps) + 2 * steps[0]) if self.norm else 0
        return self.num_layers * self._saved(batch, steps, *memory) + last


class TransformerEncoder(Stack):
    """Several transformer encoder layers in a row.

    PyTorch copies the first layer, so all of them start with the same weights.

    Formula: num_layers times h = norm(x + attention(x)) and y = norm(h + W2·relu(W1·h + b1) + b2)
    In: A sequence: length × features; nhead divides the features. Add positions first: it knows no order.
    Out: The same shape.
    Use: For a whole encoder in one block; draw the layers one by one to look between them.
    Example: TransformerEncoder(nhead=4, num_layers=2): 12×64 → 12×64
    """

    family = "sequence"
    title = "Transformer encoder"
    torch_name = "nn.TransformerEncoder"
    accepts = "L×F"
    keywords = ("attention", "gpt", "bert", "vit", "self-attention")
    short_name = "encoder"
    derived = ("encoder_layer",)

    def shape_rule(self, src: Shape) -> Shape:
        needs_rank(src, (2,), SEQUENCE)
        check_heads(self, "nhead", src[1])
        return src

    def layer(self, src: Shape) -> Call:
        return self._stack(LAYER, src[1], enable_nested_tensor=False)  # it serves padding masks alone, and warns

    def apply(self, me: str, *tensors: Variable) -> Call:
        masked = {"mask": causal_mask(tensors[0]), "is_causal": True} if self.causal else {}
        return call(f"self.{me}", *tensors, **masked)

    def weights(self, src: Shape) -> Mapping[str, Shape]:
        return self._stack_weights(src[1], ("self_attn",))

    def macs(self, src: Shape) -> int:
        return self.num_layers * self._macs(src, src)

    def saved_besides(self, batch: int, src: Shape) -> int:
        return self._stack_saved(batch, src)


class Decoding(Transformer):
    """Base of the blocks that write one sequence while reading another.

    In: tgt and memory are sequences with the same features: length × features; nhead divides the features.
    Out: The shape of tgt.
    """

    inputs = ("tgt", "memory")

    def shape_rule(self, tgt: Shape, memory: Shape) -> Shape:
        for shape in (tgt, memory):
            needs_rank(shape, (2,), f"{SEQUENCE} on both inputs")
        if tgt[1] != memory[1]:
            raise ShapeError("needs the same number of features on both inputs", mismatch=f"{tgt[1]} ≠ {memory[1]}")
        check_heads(self, "nhead", tgt[1])
        return tgt

    def apply(self, me: str, *tensors: Variable) -> Call:
        masked = {"tgt_mask": causal_mask(tensors[0]), "tgt_is_causal": True} if self.causal else {}
        return call(f"self.{me}", *tensors, **masked)


class TransformerDecoderLayer(Decoding):
    """Self-attention over tgt, attention to memory, then two Linear blocks, each with skip and normalisation.

    Formula: h = norm(x + attention(x)), g = norm(h + attention(h, memory)), y = norm(g + W2·relu(W1·g + b1) + b2)
    Use: To write one sequence while reading another, as in translation; usually with causal on.
    Example: TransformerDecoderLayer(nhead=4): 9×64, 12×64 → 9×64
    """

    family = "sequence"
    title = "Transformer decoder layer"
    torch_name = DECODER_LAYER
    accepts = "L×F, S×F"
    keywords = ("attention", "translation", "cross-attention", "generate")
    short_name = "decoder_layer"

    def layer(self, tgt: Shape, memory: Shape) -> Call:
        return self._layer(self.torch_name, tgt[1])

    def weights(self, tgt: Shape, memory: Shape) -> Mapping[str, Shape]:
        return self._weights(tgt[1], ("self_attn", "multihead_attn"))

    def macs(self, tgt: Shape, memory: Shape) -> int:
        return self._macs(tgt, tgt, memory)

    def saved_besides(self, batch: int, tgt: Shape, memory: Shape) -> int:
        return self._saved(batch, tgt, memory)


class TransformerDecoder(Stack, Decoding):
    """Several transformer decoder layers in a row, all of which read the same memory.

    PyTorch copies the first layer, so all of them start with the same weights.

    Formula: num_layers times what a transformer decoder layer computes
    Use: For a whole decoder in one block; usually with causal on.
    Example: TransformerDecoder(nhead=4, num_layers=2): 9×64, 12×64 → 9×64
    """

    family = "sequence"
    title = "Transformer decoder"
    torch_name = "nn.TransformerDecoder"
    accepts = "L×F, S×F"
    keywords = ("attention", "translation", "cross-attention", "generate")
    short_name = "decoder"
    derived = ("decoder_layer",)

    def layer(self, tgt: Shape, memory: Shape) -> Call:
        return self._stack(DECODER_LAYER, tgt[1])

    def weights(self, tgt: Shape, memory: Shape) -> Mapping[str, Shape]:
        return self._stack_weights(tgt[1], ("self_attn", "multihead_attn"))

    def macs(self, tgt: Shape, memory: Shape) -> int:
        return self.num_layers * self._macs(tgt, tgt, memory)

    def saved_besides(self, batch: int, tgt: Shape, memory: Shape) -> int:
        return self._stack_saved(batch, tgt, memory)

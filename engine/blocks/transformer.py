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


class TransformerEncoder(Transformer):
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

    num_layers: int = param("How many layers there are.", 1, 200, default=6, required=True)
    norm: bool = param("Normalise once more at the end, usual with norm_first.", default=False)

    def shape_rule(self, src: Shape) -> Shape:
        needs_rank(src, (2,), SEQUENCE)
        check_heads(self, "nhead", src[1])
        return src

    def layer(self, src: Shape) -> Call:
        options: list[tuple[str, Any]] = [("enable_nested_tensor", False)]  # it serves padding masks alone, and warns
        if self.norm:
            stated = {"eps": self.layer_norm_eps, "bias": self.bias}
            changed = {name: value for name, value in stated.items() if value != {"eps": 1e-5, "bias": True}[name]}
            options.insert(0, ("norm", call("nn.LayerNorm", src[1], **changed)))
        layers = self._layer(LAYER, src[1]), self.num_layers
        return Call(self.torch_name, layers, tuple(options), ("encoder_layer", "num_layers"))

    def apply(self, me: str, *tensors: Variable) -> Call:
        masked = {"mask": causal_mask(tensors[0]), "is_causal": True} if self.causal else {}
        return call(f"self.{me}", *tensors, **masked)

    def weights(self, src: Shape) -> Mapping[str, Shape]:
        one = self._weights(src[1], ("self_attn",))
        found: dict[str, Shape] = {}
        for number in range(self.num_layers):
            found.update(inside(f"layers.{number}", one))
        return {**found, **(inside("norm", with_bias(self.bias, src[1])) if self.norm else {})}

    def macs(self, src: Shape) -> int:
        return self.num_layers * self._macs(src, src)

    def saved_besides(self, batch: int, src: Shape) -> int:
        last = BYTES_OF_NUMBER * batch * (elements(src) + 2 * src[0]) if self.norm else 0
        return self.num_layers * self._saved(batch, src) + last


class TransformerDecoderLayer(Transformer):
    """Self-attention over tgt, attention to memory, then two Linear blocks, each with skip and normalisation.

    Formula: h = norm(x + attention(x)), g = norm(h + attention(h, memory)), y = norm(g + W2·relu(W1·g + b1) + b2)
    In: tgt and memory are sequences with the same features: length × features; nhead divides the features.
    Out: The shape of tgt.
    Use: To write one sequence while reading another, as in translation; usually with causal on.
    Example: TransformerDecoderLayer(nhead=4): 9×64, 12×64 → 9×64
    """

    family = "sequence"
    title = "Transformer decoder layer"
    torch_name = "nn.TransformerDecoderLayer"
    accepts = "L×F, S×F"
    keywords = ("attention", "translation", "cross-attention", "generate")
    short_name = "decoder_layer"
    inputs = ("tgt", "memory")

    def shape_rule(self, tgt: Shape, memory: Shape) -> Shape:
        for shape in (tgt, memory):
            needs_rank(shape, (2,), f"{SEQUENCE} on both inputs")
        if tgt[1] != memory[1]:
            raise ShapeError("needs the same number of features on both inputs", mismatch=f"{tgt[1]} ≠ {memory[1]}")
        check_heads(self, "nhead", tgt[1])
        return tgt

    def layer(self, tgt: Shape, memory: Shape) -> Call:
        return self._layer(self.torch_name, tgt[1])

    def apply(self, me: str, *tensors: Variable) -> Call:
        masked = {"tgt_mask": causal_mask(tensors[0]), "tgt_is_causal": True} if self.causal else {}
        return call(f"self.{me}", *tensors, **masked)

    def weights(self, tgt: Shape, memory: Shape) -> Mapping[str, Shape]:
        return self._weights(tgt[1], ("self_attn", "multihead_attn"))

    def macs(self, tgt: Shape, memory: Shape) -> int:
        return self._macs(tgt, tgt, memory)

    def saved_besides(self, batch: int, tgt: Shape, memory: Shape) -> int:
        return self._saved(batch, tgt, memory)

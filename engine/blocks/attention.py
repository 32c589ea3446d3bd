"""Attention: blocks in which every step of a sequence looks at all steps of another, or of itself."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from engine.blocks.base import BYTES_OF_NUMBER, Block, SetValues, Shape, ShapeError, elements, needs_rank
from engine.blocks.linear import with_bias
from engine.blocks.recurrent import SEQUENCE
from engine.program import Call, Statement, Variable, call
from engine.settings import param

HEADS = "How many times it looks, each time with weights of its own for a part of the features."
CAUSAL = "Let each step look only at itself and the steps before it, as in a model that writes text."
DROPOUT = "Which part of the attention is set to zero at random, only while training."


class MultiheadAttention(Block):
    """Lets every step of query gather what it needs from all steps of value, by likeness to key.

    With the same tensor on all three inputs it is self-attention. It knows no order: add positions to the input first.

    Formula: output = softmax(Q·Kᵀ / sqrt(d))·V for every head, with Q, K and V learned mixtures of the inputs
    In: Three sequences: length × features. key and value have the same length; num_heads divides query's features.
    Out: output has the shape of query; weights say how much each step of query took from each step of key.
    Use: In transformers, and to see which words or places a network looks at.
    Example:
    MultiheadAttention(num_heads=4): 12×64, 12×64, 12×64 → 12×64, 12×12
    MultiheadAttention(num_heads=2): 5×8, 7×6, 7×4 → 5×8, 5×7
    """

    family = "sequence"
    title = "Multi-head attention"
    torch_name = "nn.MultiheadAttention"
    accepts = "L×F, S×F, S×F"
    keywords = ("transformer", "self-attention", "query", "key", "value")
    short_name = "attention"
    inputs = ("query", "key", "value")
    outputs = ("output", "weights")
    derived = ("embed_dim",)

    num_heads: int = param(HEADS, 1, 10_000, default=4, required=True)
    dropout: float = param(DROPOUT, 0.0, 1.0, default=0.0)
    bias: bool = param("Add learned numbers to the mixtures.", default=True, rare=True)
    add_bias_kv: bool = param("Add one learned step to key and value.", default=False, rare=True)
    add_zero_attn: bool = param("Add one step of zeros, to look at nothing.", default=False, rare=True)
    causal: bool = param(CAUSAL, default=False)
    average_attn_weights: bool = param("Give the mean of all heads' weights instead of each.", default=True, rare=True)

    def shapes(self, query: Shape, key: Shape, value: Shape) -> tuple[Shape, ...]:
        for shape in (query, key, value):
            needs_rank(shape, (2,), f"{SEQUENCE} on every input")
        if key[0] != value[0]:
            raise ShapeError("needs as many steps in value as in key", mismatch=f"{key[0]} ≠ {value[0]}")
        check_heads(self, "num_heads", query[1])
        if self.causal and query[0] != key[0]:
            raise ShapeError(
                "looks only at steps before, which needs as many steps in key as in query",
                SetValues((("causal", False),), "Let it look at all steps"),
                mismatch=f"{query[0]} ≠ {key[0]}",
            )
        weights = query[0], self._looked_at(key)
        return query, weights if self.average_attn_weights else (self.num_heads, *weights)

    def layer(self, query: Shape, key: Shape, value: Shape) -> Call:
        made = self._create(query[1])
        others = {"kdim": key[1], "vdim": value[1]}
        options = {name: size for name, size in others.items() if size != query[1]}
        return Call(made.target, made.args, (*made.options, *options.items(), ("batch_first", True)), made.names,
                    (*made.defaults, ("kdim", None), ("vdim", None)))  # fmt: skip

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        options: dict[str, Any] = {"attn_mask": causal_mask(tensors[0])} if self.causal else {}
        if results[1] == "_":
            options["need_weights"] = False
        elif not self.average_attn_weights:
            options["average_attn_weights"] = False
        return (Statement(", ".join(results), call(f"self.{me}", *tensors, **options)),)

    def weights(self, query: Shape, key: Shape, value: Shape) -> Mapping[str, Shape]:
        own: dict[str, Shape] = {"bias_k": (1, 1, query[1]), "bias_v": (1, 1, query[1])} if self.add_bias_kv else {}
        return {**attention_weights(self.bias, query[1], key[1], value[1]), **own}

    def macs(self, query: Shape, key: Shape, value: Shape) -> int:
        return attention_macs(query, key, value, self._looked_at(key))

    def reach(self, *inputs: Any) -> None:
        return None

    def saved_besides(self, batch: int, query: Shape, key: Shape, value: Shape) -> int:
        steps, seen, features = query[0], self._looked_at(key), query[1]
        read = elements(query) + elements(key) + elements(value)
        weights = (1 + (self.dropout > 0)) * self.num_heads * steps * seen
        return BYTES_OF_NUMBER * batch * (read + 2 * features * (steps + seen) + weights)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        required, changed = super().code_options()
        own = ("causal", "average_attn_weights")
        return required, {name: value for name, value in changed.items() if name not in own}

    def key_settings(self) -> str:
        return f"{self.num_heads} heads"

    def _looked_at(self, key: Shape) -> int:
        """How many steps there are to look at."""
        return key[0] + self.add_bias_kv + self.add_zero_attn


def check_heads(block: Block, setting: str, features: int) -> None:
    """Refuse a number of heads that does not divide the features."""
    heads = int(block.values()[setting])
    if features % heads:
        fitting = gcd(features, heads)
        raise ShapeError(
            f"has {setting}={heads}, which must divide the {features} features of its input",
            SetValues(((setting, fitting),), f"Set {setting} to {fitting}"),
            mismatch=f"{features} / {heads}",
        )


def causal_mask(steps: Variable) -> Call:
    """The mask that hides from each step of this tensor what comes after it."""
    length, device = Variable(f"{steps}.shape[1]"), Variable(f"{steps}.device")
    return call("nn.Transformer.generate_square_subsequent_mask", length, device=device)


def attention_weights(bias: bool, embed: int, key: int, value: int) -> dict[str, Shape]:
    """What nn.MultiheadAttention learns: one matrix for query, key and value where they have the same size."""
    found: dict[str, Shape] = {"in_proj_weight": (3 * embed, embed)}
    if (key, value) != (embed, embed):
        found = {"q_proj_weight": (embed, embed), "k_proj_weight": (embed, key), "v_proj_weight": (embed, value)}
    if bias:
        found["in_proj_bias"] = (3 * embed,)
    return {**found, **inside("out_proj", with_bias(bias, embed, embed))}


def inside(module: str, weights: Mapping[str, Shape]) -> dict[str, Shape]:
    """Weights under the name of the module that holds them."""
    return {f"{module}.{name}": shape for name, shape in weights.items()}


def attention_macs(query: Shape, key: Shape, value: Shape, looked_at: int) -> int:
    """The mixtures of query, key, value and output, then the products of query with key and of weights with value."""
    steps, embed = query
    mixtures = 2 * steps * embed + key[0] * key[1] + value[0] * value[1]
    return embed * (mixtures + 2 * steps * looked_at)

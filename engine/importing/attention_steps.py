"""Attention written in single steps: where they compute what nn.MultiheadAttention does, one module stands for them.

Whether they do is tried out: both compute with the same random weights on the same random inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.fx.node import map_aggregate

from engine.importing.computing import function_name
from engine.importing.layers import Layer, Weight
from engine.importing.layouts import layout_of
from engine.importing.reshaping import sizes_of
from engine.importing.tracing import BATCH

if TYPE_CHECKING:
    from engine.importing.rebuilding import Rebuilding

EXAMPLES, CLOSE, MOST = 2, 1e-5, 2**24
"""How many examples are tried, how far answers may lie apart, and how many scores are computed at most."""
MOVING = {"reshape", "view", "permute", "transpose", "contiguous", "clone", "flatten", "squeeze", "unsqueeze",
          "unflatten", "t"}  # fmt: skip
TAKING = MOVING | {"select", "getitem", "split", "chunk", "unbind", "narrow", "mul", "div", "_pick"}
PRODUCTS = ("matmul", "bmm")
SCORING = MOVING | {"add", "mul", "div"}


@dataclass(frozen=True)
class Found:
    """Steps that may be attention: where query, key and value are mixed, where the result is, and how it looks."""

    query: fx.Node
    key: fx.Node
    value: fx.Node
    answer: fx.Node
    heads: int
    dropout: float

    @property
    def mixtures(self) -> tuple[fx.Node, ...]:
        """The linear layers before, each once."""
        return tuple(dict.fromkeys((self.query, self.key, self.value)))

    @property
    def sources(self) -> tuple[fx.Node, ...]:
        """What is looked from, what is compared and what is taken."""
        return tuple(_source(node) for node in (self.query, self.key, self.value))


def draw_attention(build: Rebuilding) -> None:
    """Put one module in place of the steps of each attention."""
    for soft in [node for node in build.graph.nodes if _name(node) == "softmax"]:
        found = _found(build, soft)
        if found is not None and _was_one(build, found) and (made := _module(build, found)) is not None:
            _put(build, found, *made)


def _was_one(build: Rebuilding, found: Found) -> bool:
    """Whether a file that names everything has one module there; other files tell nothing."""
    names = (f"{_place(found)}.{name}" for name in ("in_proj_weight", "q_proj_weight"))
    return not build.file or any(name in build.file for name in names)


def _place(found: Found) -> str:
    """The path of the module as far as the layer behind it tells."""
    path, _, name = str(found.answer.target).rpartition(".")
    return path if name == "out_proj" else ""


def _found(build: Rebuilding, soft: fx.Node) -> Found | None:
    seen, dropout = soft, 0.0
    if (user := _only_user(soft)) is not None and _name(user) == "dropout":
        seen, dropout = user, float(str(user.args[1]))
    product, scores = _only_user(seen), _scores(soft.args[0])
    if product is None or scores is None or _name(product) not in PRODUCTS or product.args[0] is not seen:
        return None
    answer = _linear_behind(build, product)
    mixed = [_linear_before(build, node) for node in (*scores.args, product.args[1])]
    if answer is None or len(mixed) != 3:
        return None
    query, key, value = mixed
    if query is None or key is None or value is None:
        return None
    width, part = _linear(build, answer).in_features, sizes_of(product)[-1]
    found = Found(query, key, value, answer, width // part, dropout)
    fitting = width % part == 0 and _linear(build, answer).out_features == width and _fits(found)
    return found if fitting else None


def _fits(found: Found) -> bool:
    """Whether all that is given are sequences with the batch in the same one of the first two dimensions."""
    layouts = [layout_of(sizes_of(node)) for node in found.sources]
    first = layouts[0].place
    alike = all(len(one.sizes) == 3 and one.place == first and one.merged == 1 for one in layouts)
    steps, seen = (sizes_of(node)[1 - (first or 0)] for node in found.sources[:2])
    return alike and first in (0, 1) and found.heads * steps * seen <= MOST


def _module(build: Rebuilding, found: Found) -> tuple[nn.MultiheadAttention, bool] | None:
    """The module that computes the same, and whether it looks only back."""
    linears = [_linear(build, node) for node in (*found.mixtures, found.answer)]
    width = linears[-1].in_features
    biases = {_bias(linear) is not None for linear in linears}
    rows = {1: [3 * width], 2: [width, 2 * width], 3: [width] * 3}[len(found.mixtures)]
    if len(biases) > 1 or [one.out_features for one in linears[:-1]] != rows or linears[0].in_features != width:
        return None
    if len(found.mixtures) == 2 and found.key is not found.value:
        return None
    made = nn.MultiheadAttention(
        width, found.heads, found.dropout, biases.pop(), kdim=linears[-3 if len(rows) == 3 else -2].in_features,
        vdim=linears[-2].in_features, batch_first=layout_of(sizes_of(found.sources[0])).place == 0, device="meta",
    )  # fmt: skip
    for causal in (False, True):
        if _computes_the_same(build, found, made, causal):
            return made, causal
    return None


@torch.no_grad()
def _computes_the_same(build: Rebuilding, found: Found, made: nn.MultiheadAttention, causal: bool) -> bool:
    seed = torch.Generator().manual_seed(0)

    def random(*sizes: int) -> torch.Tensor:
        return torch.randn(*sizes, generator=seed, dtype=torch.float64)

    known = {node: random(*_smaller(sizes_of(node))) for node in dict.fromkeys(found.sources)}
    inputs = [known[node] for node in found.sources]
    weights: Linears = {}
    for node in (*found.mixtures, found.answer):
        linear = _linear(build, node)
        bias = None if _bias(linear) is None else random(linear.out_features)
        weights[node] = random(linear.out_features, linear.in_features) / linear.in_features**0.5, bias
    mine = nn.MultiheadAttention(
        made.embed_dim, made.num_heads, bias=_bias(made.out_proj) is not None, kdim=made.kdim, vdim=made.vdim,
        batch_first=made.batch_first, dtype=torch.float64,
    )  # fmt: skip
    mine.load_state_dict(_state(made, found, weights))
    steps = inputs[0].shape[1 if made.batch_first else 0], inputs[1].shape[1 if made.batch_first else 0]
    if causal and steps[0] != steps[1]:
        return False
    mask = torch.ones(steps, dtype=torch.bool).triu(1) if causal else None
    wanted = mine.eval()(*inputs, need_weights=False, attn_mask=mask)[0]
    try:
        given = _computed(build, found.answer, known, weights)
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError):
        return False
    if given.shape != wanted.shape:
        given = given.transpose(0, 1)
    return given.shape == wanted.shape and bool((given - wanted).abs().max() < CLOSE)


Linears = dict[fx.Node, tuple[torch.Tensor, torch.Tensor | None]]


def _state(made: nn.MultiheadAttention, found: Found, weights: Linears) -> dict[str, torch.Tensor]:
    """The module's weights, from those of the linear layers."""
    rows = [weights[node][0] for node in found.mixtures]
    biases = [bias for node in found.mixtures if (bias := weights[node][1]) is not None]
    outer, bias = weights[found.answer]
    state = {"in_proj_weight": torch.cat(rows)}
    if "in_proj_weight" not in dict(made.named_parameters()):
        parts = rows if len(rows) == 3 else [rows[0], *rows[1].chunk(2)]
        state = dict(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), parts, strict=True))
    state["out_proj.weight"] = outer
    return state if bias is None else {**state, "in_proj_bias": torch.cat(biases), "out_proj.bias": bias}


def _computed(build: Rebuilding, node: fx.Node, known: dict[fx.Node, torch.Tensor], weights: Linears) -> Any:
    """What a step gives for few examples."""
    if node in known:
        return known[node]

    def plain(part: Any) -> Any:
        if isinstance(part, fx.Node):
            return _computed(build, part, known, weights)
        return part // BATCH * EXAMPLES if type(part) is int and part and part % BATCH == 0 else part

    args: Any
    kwargs: Any
    args, kwargs = map_aggregate((node.args, dict(node.kwargs)), plain)
    found: Any
    if node in weights:
        found = F.linear(args[0], *weights[node])
    elif _name(node) == "dropout":
        found = args[0]
    elif node.op == "get_attr":
        found = build.fixed(str(node.target))
        if found.requires_grad:
            raise TypeError(f"{node} is learned")
        found = found.double()
    elif node.op == "call_method":
        found = getattr(args[0], str(node.target))(*args[1:], **kwargs)
    elif callable(node.target):
        found = node.target(*args, **kwargs)
    else:
        raise TypeError(f"{node} is no step of attention")
    known[node] = found
    return found


def _put(build: Rebuilding, found: Found, made: nn.MultiheadAttention, causal: bool) -> None:
    linears = (*found.mixtures, found.answer)
    real: Linears = {node: (_linear(build, node).weight, _bias(_linear(build, node))) for node in linears}
    place = _place(found)
    state = {name: Weight(f"{place}.{name}" if place else name, tensor)
             for name, tensor in _state(made, found, real).items()}  # fmt: skip
    scopes = [scope for scope in found.answer.meta["scope"].chain() if not place or scope.path != place]
    before = [node for node in build.graph.nodes if not node.users]
    with build.graph.inserting_before(found.answer), build.inside(scopes[-1]):
        build.release(str(node.target) for node in linears if len(build.calls(str(node.target))) == 1)
        sources = [_with_batch_in_front(node) for node in found.sources]
        made.batch_first = made.batch_first or all(sources)
        given = [before or node for before, node in zip(sources, found.sources, strict=True)]
        answer = build.layer(Layer(made, state), *(given if all(sources) else found.sources))[0]
        answer.args[0].meta["causal"] = causal
        if sizes_of(answer) != sizes_of(found.answer):
            answer = build.run(torch.transpose, answer, 0, 1)
    found.answer.replace_all_uses_with(answer)
    _erase_unused(build.graph, found.answer, set(before))


def _erase_unused(graph: fx.Graph, node: fx.Node, kept: set[fx.Node]) -> None:
    """Take out a step and those that gave to it alone."""
    sources = node.all_input_nodes
    if node.users or node in kept or node.op == "placeholder":
        return
    graph.erase_node(node)
    for source in sources:
        _erase_unused(graph, source, kept)


def _scores(node: Any) -> fx.Node | None:
    """The product of query and key behind scores that were scaled or masked."""
    while isinstance(node, fx.Node) and _name(node) in SCORING:
        parts = [part for part in node.args if isinstance(part, fx.Node)]
        changing = [part for part in parts if layout_of(sizes_of(part)).place is not None]
        node = changing[0] if len(changing) == 1 else None
    return node if isinstance(node, fx.Node) and _name(node) in PRODUCTS else None


def _linear_before(build: Rebuilding, node: Any) -> fx.Node | None:
    while isinstance(node, fx.Node) and _name(node) in TAKING:
        node = node.args[0]
    return node if isinstance(node, fx.Node) and _is_linear(build, node) else None


def _linear_behind(build: Rebuilding, node: fx.Node) -> fx.Node | None:
    user = _only_user(node)
    while user is not None and _name(user) in MOVING:
        user = _only_user(user)
    return user if user is not None and _is_linear(build, user) else None


def _only_user(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def _is_linear(build: Rebuilding, node: fx.Node) -> bool:
    return node.op == "call_module" and type(build.root.get_submodule(str(node.target))) is nn.Linear


def _linear(build: Rebuilding, node: fx.Node) -> nn.Linear:
    found = build.root.get_submodule(str(node.target))
    assert isinstance(found, nn.Linear)
    return found


def _bias(linear: nn.Linear) -> torch.Tensor | None:
    return dict(linear.named_parameters()).get("bias")


def _with_batch_in_front(node: fx.Node) -> fx.Node | None:
    """What a step turned to have the length in front, if it did just that."""
    known: dict[str, list[tuple[int, ...]]] = {"permute": [(1, 0, 2)], "transpose": [(0, 1), (1, 0)]}
    turned = known.get(_name(node), [])
    words: list[Any] = [*node.args[1:]]
    order = words[0] if words and isinstance(words[0], list | tuple) else words
    return _source(node) if tuple(order) in turned else None


def _source(node: fx.Node) -> fx.Node:
    found = node.args[0]
    assert isinstance(found, fx.Node)
    return found


def _smaller(sizes: tuple[int, ...]) -> Iterator[int]:
    return (size // BATCH * EXAMPLES if size % BATCH == 0 else size for size in sizes)


def _name(node: fx.Node) -> str:
    return "" if node.op in ("call_module", "get_attr", "placeholder", "output") else function_name(node.target)

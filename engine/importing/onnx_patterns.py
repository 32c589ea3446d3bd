"""Several operators of ONNX that are drawn as one: GELU, which is written by the error function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isclose, sqrt
from typing import Any

Number = Callable[[str], float | None]
"""What gives the single number that a value holds, if it does."""


class Links:
    """Who makes each value of a graph, and who uses it."""

    def __init__(self, nodes: Iterable[Any], answers: Iterable[str]) -> None:
        self.makers: dict[str, Any] = {}
        self.users: dict[str, list[Any]] = {}
        self.answers = set(answers)
        for node in nodes:
            self.makers.update(dict.fromkeys(node.output, node))
            for name in node.input:
                self.users.setdefault(name, []).append(node)

    def only_user(self, name: str, kind: str) -> Any:
        """The one node that uses a value, if it is of this kind; otherwise None."""
        users = self.users.get(name, [])
        alone = len(users) == 1 and name not in self.answers
        return users[0] if alone and users[0].op_type == kind else None

    def maker(self, name: str, *kinds: str) -> Any:
        """The node that makes a value, if it is of one of these kinds; otherwise None."""
        node = self.makers.get(name)
        return node if node is not None and node.op_type in kinds else None


def gelu(links: Links, erf: Any, number: Number) -> tuple[str, Any] | None:
    """What enters a GELU written by this error function, and the node that ends it."""
    entered = _entered(links, erf.input[0], number)
    plus = links.only_user(erf.output[0], "Add")
    if not entered or plus is None or not _with(plus, erf.output[0], 1.0, number):
        return None
    product = links.only_user(plus.output[0], "Mul")
    if product is None:
        return None
    other = _other(product, plus.output[0])
    if other == entered:  # x * (1 + erf) and then a half
        last = links.only_user(product.output[0], "Mul")
        return (entered, last) if last is not None and _with(last, product.output[0], 0.5, number) else None
    if _is(number(other), 0.5):  # a half of (1 + erf) and then x
        last = links.only_user(product.output[0], "Mul")
        return (entered, last) if last is not None and _other(last, product.output[0]) == entered else None
    half = links.maker(other, "Mul", "Div")  # a half of x times (1 + erf)
    if half is None or entered not in half.input:
        return None
    wanted = 0.5 if half.op_type == "Mul" else 2.0
    return (entered, product) if _with(half, entered, wanted, number) else None


def _entered(links: Links, name: str, number: Number) -> str:
    """What was divided by the square root of two."""
    maker = links.maker(name, "Mul", "Div")
    if maker is None:
        return ""
    wanted = sqrt(2) if maker.op_type == "Div" else 1 / sqrt(2)
    for entered in list(maker.input)[: 2 if maker.op_type == "Mul" else 1]:
        if _with(maker, entered, wanted, number):
            return str(entered)
    return ""


def _with(node: Any, one: str, wanted: float, number: Number) -> bool:
    return _is(number(_other(node, one)), wanted)


def _is(found: float | None, wanted: float) -> bool:
    return found is not None and isclose(found, wanted, rel_tol=1e-4)


def _other(node: Any, one: str) -> str:
    return str(node.input[1] if node.input[0] == one else node.input[0])

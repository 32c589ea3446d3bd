"""What can be put into a drawing: every block, ready groups, and the groups that a person has saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from types import MappingProxyType

from engine.blocks import BLOCKS
from engine.blocks.base import FAMILIES, Block, Shape
from engine.composites import COMPOSITES
from engine.groups import Group

OWN = "own/"
"""How the keys of a person's own groups begin."""
READY = "group/"
"""How the keys of ready groups begin: some are called as a block is."""


@dataclass(frozen=True)
class Offer:
    """One row of the palette: what it is called, what is said about it, and the block that it stands for."""

    key: str
    title: str
    family: str
    summary: str
    accepts: str
    keywords: tuple[str, ...]
    make: Callable[[Shape | None], Block]
    """The block; some suit themselves to the shape that reaches them, if it is known."""

    @property
    def own(self) -> bool:
        """Whether it is one of the person's own, to be renamed or deleted."""
        return self.key.startswith(OWN)

    @property
    def slow(self) -> bool:
        """Whether it takes a moment to know what would come out of it: whether it is a ready or an own group."""
        return self.key.startswith((OWN, READY))


Offers = Mapping[str, Offer]


def offer_of_group(name: str, group: Group) -> Offer:
    """One of the person's own groups, by the name under which it was saved."""
    ports = len(group.input_ports())
    takes = "any" if ports == 1 else f"{ports} inputs"
    summary = f"Your own group {name}, with {len(group.graph.nodes)} blocks inside."
    return Offer(f"{OWN}{name}", name, "group", summary, takes, (group.class_name,), lambda _shape: group)


def with_own(own: Mapping[str, Group]) -> Offers:
    """Everything on offer, the person's own groups last."""
    offers = {offer.key: offer for offer in (offer_of_group(name, group) for name, group in own.items())}
    return MappingProxyType({**on_offer(), **offers})


@cache
def on_offer() -> Offers:
    """Every block and every ready group by key, in the order of the palette."""
    known = [kind for kind in BLOCKS if BLOCKS[kind].family in FAMILIES]
    kinds = sorted(known, key=lambda kind: FAMILIES.index(BLOCKS[kind].family))
    return MappingProxyType({offer.key: offer for offer in (*map(_plain, kinds), *map(_ready, COMPOSITES))})


def _plain(kind: str) -> Offer:
    block = BLOCKS[kind]
    words = (*block.title.split(), *block.keywords)
    title = kind if kind != Group.kind() else "Empty group"
    return Offer(kind, title, block.family, block.summary(), block.accepts, words, lambda _shape: block())


def _ready(name: str) -> Offer:
    composite = COMPOSITES[name]
    accepts = "C×H×W" if len(composite.usual) == 3 else "L×F"
    words = (name, *composite.title.split(), *composite.keywords)
    return Offer(f"{READY}{name}", composite.title, "group", composite.summary, accepts, words, partial(_drawn, name))


@lru_cache(maxsize=500)
def _drawn(name: str, shape: Shape | None) -> Block:
    """A ready group for what reaches it; drawing one takes longer than looking at it."""
    composite = COMPOSITES[name]
    return composite.group_for(shape) if shape else composite.group

"""The modules of a network by the block that each belongs to, inside groups as well."""

from __future__ import annotations

from torch import nn

from engine.lower import Source


def leaves(network: nn.Module, source: Source) -> dict[str, nn.Module]:
    """Every block that has a module of its own, groups opened, in the order in which they are made.

    A block inside a group is named by its path, `stage1/conv2`. Where a group has several copies, those after
    the first carry their number: `stage1 (2)/conv2`.
    """
    return dict(_Walk(source).inside(network, "", ""))


class _Walk:
    """Goes through the modules as the text of the network names them."""

    def __init__(self, source: Source) -> None:
        self._homes = source.homes
        self._inside: dict[str, dict[str, None]] = {}
        for _, path in sorted(source.lines.items()):
            group, _, name = path.rpartition("/")
            self._inside.setdefault(group, {})[name] = None

    def inside(self, module: nn.Module, shown: str, path: str) -> list[tuple[str, nn.Module]]:
        """What is in a module that belongs to a path of the drawing; `shown` has the numbers of copies as well."""
        written = self._homes.get(path, path)
        names = [*self._inside.get(written, ())]
        if not names:
            return [(shown, module)]
        found: list[tuple[str, nn.Module]] = []
        for place, (name, child) in enumerate(module.named_children()):
            if name in names:
                found += self.inside(child, _below(shown, name), _below(written, name))
            elif self._is_copy(child, names, len([*module.children()])):
                found += self.inside(child, f"{shown} ({place + 1})" if place else shown, written)
            elif place < len(names):
                found += self.inside(child, _below(shown, names[place]), _below(written, names[place]))
        return found

    def _is_copy(self, child: nn.Module, names: list[str], siblings: int) -> bool:
        """Whether a numbered module is a whole copy of the group, not one of the group's blocks without a name."""
        inner = [name for name, _ in child.named_children()]
        return bool(inner) and (bool({*inner} & {*names}) or (siblings != len(names) and len(inner) == len(names)))


def _below(group: str, name: str) -> str:
    return f"{group}/{name}" if group else name

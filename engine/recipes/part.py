"""What data sets, losses and optimizers have in common: settings with a name, a title and a sentence."""

from __future__ import annotations

from typing import ClassVar

from engine.settings import Settings


class RecipePart(Settings):
    """Base of the three parts of a recipe that are chosen from a list and have settings of their own."""

    title: ClassVar[str] = ""
    """What people call it; a class without a title is a common base and no choice."""

    @classmethod
    def kind(cls) -> str:
        """The name of the class, as files and code write it: `Adam`."""
        return cls.__name__

    @classmethod
    def summary(cls) -> str:
        """The first line of the description: one sentence for the form."""
        return (cls.__doc__ or "").strip().split("\n")[0]

"""What everything in the window wants to see inside the network just now."""

from __future__ import annotations

from collections.abc import Sequence

from app.live_cards import LiveCards
from engine.looks.base import Look
from engine.looks.maps import MapsOf
from engine.looks.predictions import AnswerTo
from widgets.views.base import View
from widgets.views.maps import MapsView


def wanted(cards: LiveCards, views: Sequence[View]) -> tuple[Look, ...]:
    """What the views that can be seen want to see, and the live pictures on the cards; nothing is asked twice."""
    cards.example = next((view.example for view in views if isinstance(view, MapsView)), 0)
    looks = [look for view in views if view.isVisible() for look in view.looks()]
    drawn = (look.picture for look in looks if isinstance(look, AnswerTo))
    cards.own = next(drawn, None)  # one answer serves the cards and the view
    first = cards.look()
    others = (look for look in looks if not isinstance(look, AnswerTo) and not _answered_by(first, look))
    return tuple(dict.fromkeys((first, *others)))


def _answered_by(cards: Look, look: Look) -> bool:
    """Whether what the cards ask for holds the answer for a view as well."""
    if not isinstance(cards, MapsOf) or not isinstance(look, MapsOf):
        return False
    return cards.example == look.example and set(look.blocks) <= set(cards.blocks)

"""Which characters of a line of Python have which colour.

Each line is read on its own: the program text has no string that goes over several lines. So a line is read once,
when it first comes into view, and remembered.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCharFormat, QTextLayout

from widgets.theme import Theme

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MOST_LINES = 20_000
"""How many different lines are remembered."""

Span = tuple[int, int, str]
"""Where a coloured piece of a line begins, how long it is, and its colour's token."""


@lru_cache(maxsize=MOST_LINES)
def spans(line: str) -> tuple[Span, ...]:
    """The coloured pieces of a line; what is in between has the colour of text."""
    from pygments.token import Comment, Keyword, Name, Number, Operator, String, is_token_subtype

    colours = (
        (Keyword, "code-keyword"),
        (Operator.Word, "code-keyword"),
        (String, "code-string"),
        (Number, "code-number"),
        (Comment, "code-comment"),
    )
    found: list[Span] = []
    for start, kind, text in _lexer().get_tokens_unprocessed(line):
        token = next((colour for parent, colour in colours if is_token_subtype(kind, parent)), "")
        if is_token_subtype(kind, Name) and line[start + len(text) :].startswith("("):
            token = "code-call"
        if token:
            found.append((start, len(text), token))
    return tuple(found)


def format_ranges(line: str, theme: Theme) -> list[QTextLayout.FormatRange]:
    """The same as Qt's text layout takes it."""
    ranges = []
    for start, length, token in spans(line):
        piece = QTextLayout.FormatRange()
        piece.start, piece.length = start, length
        piece.format = _format(theme, token)
        ranges.append(piece)
    return ranges


@cache
def _lexer() -> Lexer:
    """Made at the first line: reading the lexer's rules takes longer than reading a program."""
    from pygments.lexers.python import PythonLexer

    return PythonLexer()


@cache
def _format(theme: Theme, token: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(theme.colour(token))
    return made

"""A small sample of `make fuzz`."""

from __future__ import annotations

from hypothesis import given, settings

from tests.engine.fuzz import Step, check_drawing, check_file, harsh_drawings, hostile_files


@given(harsh_drawings())
@settings(max_examples=150)
def test_shapes_of_harsh_drawings_are_pytorchs(steps: list[Step]) -> None:
    check_drawing(steps)


@given(hostile_files())
@settings(max_examples=150)
def test_a_hostile_file_is_refused_in_words_or_opened(text: str) -> None:
    check_file(text)

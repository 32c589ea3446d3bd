"""The labs can be opened, have as many parameters as the curriculum counts, and show what they are to show."""

from __future__ import annotations

import pytest

from benchmarks.labs import CHECKS, Check, run
from engine.check import check
from engine.labs import LABS
from engine.project import dumps, loads

PARAMETERS = {
    (15, "linear"): 7_850,
    (17, "sgd"): 7,
    (19, "6 neurons"): 19,
    (19, "16 neurons"): 49,
    (20, "rate 0.1"): 17,
    (38, "3 and 4"): 40,
    (38, "50"): 303,
    (54, "momentum 0.9"): 303,
    (58, "plain"): 89_610,
    (58, "BatchNorm"): 90_010,
    (68, "2 and 1 maps"): 119,
    (68, "8 and 4 maps"): 566,
    (74, "plain"): 23_530,
    (74, "skip"): 23_530,
}
QUICK = [one for one in CHECKS if one.lab in (58, 74) or one.variant in ("adam", "16 neurons")]
VARIANTS = [(lab.number, name) for lab in LABS.values() for name in lab.variants]


@pytest.mark.parametrize(("number", "name"), VARIANTS, ids=[f"{number} {name}" for number, name in VARIANTS])
def test_every_lab_is_sound_and_survives_its_file(number: int, name: str) -> None:
    project = LABS[number].variants[name]
    report = check(project.graph, project.recipe)
    assert report.ok, [problem.text for problem in report.errors]
    assert report.parameters == PARAMETERS.get((number, name), report.parameters)
    assert loads(dumps(project)) == project


@pytest.mark.parametrize("one", QUICK, ids=lambda one: f"{one.lab} {one.variant}")
def test_the_quick_labs_show_what_they_are_to_show(one: Check) -> None:
    assert one.holds([run(LABS[one.lab].variants[one.variant], seed) for seed in list(one.seeds)[:1]]), one.words


def test_every_check_speaks_of_a_lab() -> None:
    assert {(one.lab, one.variant) for one in CHECKS} <= set(VARIANTS)
    assert set(LABS) == {15, 17, 19, 20, 38, 54, 58, 68, 74, 84}

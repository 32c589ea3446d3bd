"""The drawing as a folder: network, data, training program and tests in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from textwrap import fill

from engine.export.main_code import running_pieces
from engine.export.markdown import plain_text, table_of_blocks
from engine.export.module import export_module
from engine.export.pieces import WIDTH, Piece, as_file
from engine.export.script import script_head
from engine.export.step_code import call_of
from engine.export.training_code import Plan, data_and_loss, plan_of
from engine.export.weights_code import in_words
from engine.project import Project
from engine.recipes.data_sets import DataSet, RandomExamples

PACKAGES = ("numpy>=1.26", "pytest>=8.2", "torch>=2.6")
READS_WEIGHTS = "safetensors>=0.4.3"


def export_project(project: Project) -> Mapping[str, str]:
    """The text of every file by its name. Raises NotReady while the drawing cannot be trained, and CannotExport."""
    plan = plan_of(project)
    data, loss = data_and_loss(plan)
    own = ("from data import load_data", "from model import Network")
    return {
        "model.py": export_module(project),
        "data.py": as_file(fill(f"The data: {plan.data_title}", WIDTH - 3), [data]),
        "train.py": as_file(script_head(plan), [loss, *running_pieces(plan)], own),
        "test_model.py": _tests(plan),
        "requirements.txt": _requirements(plan),
        "README.md": _readme(plan),
    }


def _tests(plan: Plan) -> str:
    data = plan.recipe.data
    drawn = f"torch.randint({_ids(data)}, (count, *INPUT))" if _ids(data) else "torch.randn(count, *INPUT)"
    answer = plan.answers[0] if len(plan.answers) == 1 else plan.answers
    values = {"input": tuple(data.input_shape), "answer": answer, "inputs": drawn}
    call = call_of(plan)
    shape = _ONE_ANSWER if len(plan.answers) == 1 else _SEVERAL_ANSWERS
    values["shape"] = shape.format(call=call.replace("network", "Network()", 1))
    values["same"] = f"{call.replace('network', 'again', 1)}, {call}"
    values |= {"more": ", CLASSES", "number": f", {data.classes}", "labels": "torch.randint(CLASSES, (count,))"}
    if data.classes is None:
        values |= {"more": "", "number": "", "labels": f"torch.randn(count, {len(data.target_names)})"}
    text = Template(_TESTS).substitute(values) + (_WEIGHTS_TEST if plan.begins else "")
    imports = ("import math", "import pytest", "import torch", "from torch.utils.data import TensorDataset")
    reading = ("from pathlib import Path",) if plan.begins else ()
    loading = "load_weights, " if plan.begins else ""
    own = ("from model import Network", f"from train import SharedBatches, {loading}train_batch")
    return as_file("Tests of the network and its training.", [Piece(text, (*imports, *reading))], own)


def _ids(data: DataSet) -> int:
    return data.ids if isinstance(data, RandomExamples) else 0


def _readme(plan: Plan) -> str:
    where = _FILE.format(file=plan.data_file) if plan.data_file else "The data are computed, so no file is needed.\n"
    values = {"title": plain_text(plan.title), "table": table_of_blocks(plan), "data": where}
    values["weights"] = f"{in_words(plan.begins)}\n\n" if plan.begins else ""
    return Template(_README).substitute(values)


def _requirements(plan: Plan) -> str:
    reads = any(begin.file.suffix == ".safetensors" for begin in plan.begins)
    return "\n".join(sorted((*PACKAGES, READS_WEIGHTS) if reads else PACKAGES)) + "\n"


_TESTS = """
INPUT, ANSWER$more = $input, $answer$number


def examples(count=4):
    \"\"\"Inputs and classes by chance, the same each time.\"\"\"
    torch.manual_seed(0)
    return $inputs, $labels


def test_every_example_gets_an_answer():
    inputs, _ = examples()
$shape


def test_one_step_learns_from_a_batch():
    inputs, labels = examples()
    network = Network()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001)
    loss = train_batch(network, optimizer, inputs, labels, weight=1.0)
    assert math.isfinite(loss)
    assert any(parameter.grad is not None for parameter in network.parameters())


def test_weights_come_back_from_a_file(tmp_path):
    inputs, _ = examples()
    network, again = Network().eval(), Network().eval()
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    again.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    torch.testing.assert_close($same, equal_nan=True)


def test_processes_share_the_same_batches():
    data = TensorDataset(torch.arange(20))
    whole = SharedBatches(data, 8, seed=0)
    three = [SharedBatches(data, 8, 0, processes=3, rank=rank) for rank in range(3)]
    for (batch, _), *parts in zip(whole, *three):
        together = torch.cat([indices for indices, _ in parts])
        assert sorted(together.tolist()) == sorted(batch.tolist())
        assert sum(weight for _, weight in parts) == pytest.approx(3)
"""

_ONE_ANSWER = "    assert {call}.shape == (len(inputs), *ANSWER)"

_SEVERAL_ANSWERS = """\
    for answer, shape in zip({call}, ANSWER, strict=True):
        assert answer.shape == (len(inputs), *shape)"""

_WEIGHTS_TEST = """

def test_the_weights_to_begin_with_suit_the_network():
    load_weights(Network(), Path(__file__).parent)
"""

_FILE = """\
The data are read from `{file}`, which lies in Layerloom's folder `resources/data`. Copy it here, or give its place with
`--data`; without it `train.py` says how to make one.
"""

_README = """\
# $title

A network drawn with Layerloom, and all that is needed to train it.

$table

## Use

```
pip install -r requirements.txt
python -m pytest                          # the tests
python train.py                           # one process; --help tells the settings
python train.py --resume                  # go on from the last checkpoint
torchrun --nproc-per-node 2 train.py      # two processes
```

$data
$weights`model.py` holds the network, `data.py` the data, `train.py` the training, `test_model.py` the tests.
"""

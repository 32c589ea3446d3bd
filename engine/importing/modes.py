"""Whether a module does the same after training as while it trains, apart from what every drawing does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch import fx

from engine.importing.computing import function_name
from engine.importing.function_tables import IN_FRONT
from engine.importing.outcome import Note
from engine.importing.tracing import Trace

AT_RANDOM = {name: words.split() for name, (_, words) in IN_FRONT.items() if "training" in words}
"""Functions that do something only while training, with what follows the tensor."""


def differences(training: Trace, evaluating: Trace) -> Iterator[Note]:
    """What a drawing of the training mode does otherwise than the module does after training."""
    before, after = (Counter(map(_step, _behind_the_answer(trace.graph))) for trace in (training, evaluating))
    more, less = after - before, before - after
    if more or less:
        words = [f"it also calls {step}" for step in more] + [f"it does not call {step}" for step in less]
        text = "; ".join(words[:3])
        yield Note(
            "the network", f"does something else after training ({text}); the drawing is what it does in training"
        )
    for node in evaluating.graph.nodes:
        if _always(node):
            name, path = function_name(node.target), node.meta["scope"].path or "the network"
            yield Note(path, f"{name} works after training too; in the drawing it works only while training")


def _always(node: fx.Node) -> bool:
    """Whether a function drops numbers even after training."""
    name = function_name(node.target)
    if node.op != "call_function" or name not in AT_RANDOM:
        return False
    given = dict(zip(["input", *AT_RANDOM[name]], node.args, strict=False)) | dict(node.kwargs)
    return bool(given.get("training", not name.endswith("alpha_dropout")) is True and given.get("p") != 0)


def _step(node: fx.Node) -> str:
    return str(node.target) if node.op in ("call_module", "get_attr", "placeholder") else function_name(node.target)


def _behind_the_answer(graph: fx.Graph) -> list[fx.Node]:
    """The steps on which the first result depends."""
    answer = next(node for node in graph.nodes if node.op == "output")
    wanted = answer.all_input_nodes[:1]
    found = set(wanted)
    while wanted:
        for source in wanted.pop().all_input_nodes:
            if source not in found:
                found.add(source)
                wanted.append(source)
    return [node for node in found if node.op != "output"]

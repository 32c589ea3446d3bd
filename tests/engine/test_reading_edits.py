"""What people type in their own way becomes a drawing that computes the same, or the line says what to write."""

from __future__ import annotations

import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from torch import nn

from engine.blocks.data import Input
from engine.check import check
from engine.graph import Graph, Node
from engine.lower import lower, write
from engine.model import build
from engine.reading import NotUnderstood, read
from engine.templates import new
from engine.writing.source import Source
from tests.engine.test_reading import edited, source_of

IMPORTS = (
    "from collections import OrderedDict\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
)
PICTURE, SEQUENCE, ROW = (1, 12, 12), (7, 12), (12,)


def network(creations: str, calls: str, head: str = IMPORTS, arguments: str = "self") -> str:
    """The text of a network; creations and calls are separated by semicolons."""

    def lines(text: str, deep: int) -> str:
        return "".join(f"{' ' * deep}{line.rstrip()}\n" for line in text.split("; ") if line)

    start = f"    def __init__({arguments}):\n        super().__init__()\n{lines(creations, 8)}"
    return f"{head}class Network(nn.Module):\n{start}\n    def forward(self, x):\n{lines(calls, 8)}"


TUTORIAL = (
    "self.conv1 = nn.Conv2d(1, 6, 3); self.pool = nn.MaxPool2d(2, 2); self.conv2 = nn.Conv2d(6, 8, 3, padding=1); "
    "self.fc1 = nn.Linear(8 * 2 * 2, 16); self.fc2 = nn.Linear(16, 10)"
)
UNIT = (
    "class Unit(nn.Module):\n    def __init__(self, i, o, k=3):\n        super(Unit, self).__init__()\n"
    "        self.conv = nn.Conv2d(i, o, k, padding=k // 2)\n        self.bn = nn.BatchNorm2d(o)\n\n"
    "    def forward(self, x):\n        return F.relu(self.bn(self.conv(x)))\n\n\n"
)
RESIDUAL = (
    "class Residual(nn.Module):\n    def __init__(self, channels):\n        super().__init__()\n"
    "        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)\n"
    "        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)\n"
    "        self.relu = nn.ReLU(inplace=True)\n\n"
    "    def forward(self, x):\n        identity = x\n        out = self.relu(self.conv1(x))\n"
    "        out = self.conv2(out)\n        out += identity\n        return self.relu(out)\n\n\n"
)
LAYERS = "self.layers = nn.ModuleList([nn.Linear(12, 12) for _ in range(3)])"

UNDERSTOOD = {
    "the network of the tutorials": (PICTURE, network(
        TUTORIAL, "x = self.pool(F.relu(self.conv1(x))); x = self.pool(F.relu(self.conv2(x))); "
        "x = torch.flatten(x, 1)  # all but the batch; ; x = F.relu(self.fc1(x)); x = self.fc2(x); return x")),
    "view with -1": (PICTURE, network(
        TUTORIAL, "x = self.pool(F.relu(self.conv1(x))); x = self.pool(torch.relu(self.conv2(x))); "
        "x = x.view(-1, 8 * 2 * 2); return self.fc2(self.fc1(x).relu())")),
    "view with a size": (PICTURE, network(
        "self.fc = nn.Linear(144, 10)", "x = x.view(x.size(0), -1); return F.log_softmax(self.fc(x), dim=1)")),
    "view with names of sizes": (PICTURE, network(
        "self.fc = nn.Linear(144, 10)", "b, c, h, w = x.shape; x = x.view(b, c * h * w); return self.fc(x)")),
    "a size in a variable": (PICTURE, network(
        "self.fc = nn.Linear(144, 10)", "n = x.size(0); m = x.shape[1] * x.shape[2]; "
        "return self.fc(x.reshape(n, -1)) / m ** 0.5")),
    "names of values": (PICTURE, network(
        "hidden = 8; self.size = hidden * 2; self.fc1 = nn.Linear(144, hidden); "
        "self.fc2 = nn.Linear(hidden, self.size)",
        "return self.fc2(torch.tanh(self.fc1(x.flatten(1))))")),
    "arguments with defaults": (PICTURE, network(
        "self.fc1 = nn.Linear(144, hidden); self.fc2 = nn.Linear(hidden, out)",
        "return self.fc2(torch.sigmoid(self.fc1(torch.flatten(x, start_dim=1))))",
        arguments="self, hidden=8, out: int = 10")),
    "skip connections": (PICTURE, network(
        "self.conv = nn.Conv2d(1, 1, kernel_size=3, padding=1)",
        "y = self.conv(x); x = x + y; x += F.relu(y); return x")),
    "joins": (PICTURE, network(
        "self.a = nn.Conv2d(1, 4, 3, 1, 1); self.b = nn.Conv2d(1, 4, 3, padding='same')",
        "y = torch.cat([self.a(x), self.b(x)], 1); return torch.cat((y, x), dim=1)")),
    "rows inside": (PICTURE, network(
        "self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)); "
        "self.head = nn.Sequential(OrderedDict([('flat', nn.Flatten()), ('fc', nn.Linear(100, 10))]))",
        "return self.head(self.features(x))")),
    "a list for a row": (PICTURE, network(
        "layers = [nn.Flatten(), nn.Linear(144, 10)]; self.net = nn.Sequential(*layers)", "return self.net(x)")),
    "hints of types": (PICTURE, (
        "import torch\nfrom torch import Tensor, nn\n\n\nclass Network(nn.Module):\n    \"\"\"A network.\"\"\"\n\n"
        "    def __init__(self) -> None:\n        super(Network, self).__init__()\n"
        "        self.fc: nn.Module = nn.Linear(\n            in_features=144,\n            out_features=10,\n"
        "            bias=False,\n        )\n\n    def forward(self, x: Tensor) -> torch.Tensor:\n"
        "        y: Tensor = torch.flatten(x, 1)\n\n        # the answer\n        return self.fc(y)\n")),
    "names that were imported": (PICTURE, (
        "import torch as t\nfrom torch.nn import Flatten, Linear, Module\nfrom torch.nn.functional import gelu\n\n\n"
        "class Network(Module):\n    def __init__(self):\n        super().__init__()\n        self.f = Flatten()\n"
        "        self.fc = Linear(144, 10)\n\n    def forward(self, x):\n"
        "        return t.exp(gelu(self.fc(self.f(x))))\n")),
    "names in full": (PICTURE, (
        "import torch\n\n\nclass Network(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = torch.nn.Linear(144, 10)\n\n    def forward(self, x):\n"
        "        return torch.nn.functional.relu(self.fc(torch.flatten(x, 1)))\n")),
    "a class of one's own": (PICTURE, network(
        "self.one = Unit(1, 4); self.two = Unit(4, o=8, k=5)", "return self.two(self.one(x)).mean(dim=[2, 3])",
        head=IMPORTS + UNIT)),
    "residual blocks": (PICTURE, network(
        "self.stem = nn.Conv2d(1, c, 3, padding=1); self.blocks = nn.Sequential(*[Residual(c) for _ in range(3)]); "
        "self.pool = nn.AdaptiveAvgPool2d((1, 1)); self.fc = nn.Linear(c, 10)",
        "x = self.blocks(self.stem(x)); x = self.pool(x).flatten(1); return self.fc(x)",
        head=IMPORTS + RESIDUAL, arguments="self, c=4")),
    "functions by name and place": (PICTURE, network(
        "self.fc = nn.Linear(36, 10)", "x = F.dropout(x, 0.5, self.training); x = F.max_pool2d(x, kernel_size=2); "
        "x = F.avg_pool2d(x, 2, stride=1, padding=0); x = F.adaptive_avg_pool2d(x, (6, 6)); "
        "x = F.leaky_relu(x, 0.2, inplace=True); return self.fc(torch.flatten(x, 1))")),
    "methods": (SEQUENCE, network(
        "self.fc = nn.Linear(7, 12)", "x = x.permute(0, 2, 1).contiguous().relu(); x = self.fc(x).transpose(1, 2); "
        "x = x.unsqueeze(1).sum(1); x = x.softmax(dim=-1) * torch.sigmoid(x); a, b = x.chunk(2, 2); "
        "return torch.mean(a - b, 1)")),
    "numbers before and behind": (ROW, network(
        "self.fc = nn.Linear(12, 12)", "y = self.fc(x) * 2 + x / 3; y = 1 - y; y = -y; y = 0.5 * y ** 2; "
        "return 1 / (y + 1)")),
    "attention by hand": (SEQUENCE, network(
        "self.q = nn.Linear(12, 8); self.k = nn.Linear(12, 8); self.v = nn.Linear(12, 8); self.scale = 8 ** -0.5",
        "q, k, v = self.q(x), self.k(x), self.v(x); scores = torch.bmm(q, k.transpose(1, 2)) * self.scale; "
        "return torch.softmax(scores, dim=-1) @ v")),
    "the last step": (SEQUENCE, network(
        "self.lstm = nn.LSTM(12, 5, num_layers=2, batch_first=True); self.fc = nn.Linear(5, 10)",
        "out, (h, c) = self.lstm(x); return self.fc(out[:, -1, :])")),
    "the last state": (SEQUENCE, network(
        "self.rnn = nn.GRU(12, 5, 2, batch_first=True); self.fc = nn.Linear(5, 10)",
        "_, h = self.rnn(x); h = h[-1]; return self.fc(F.relu(h))")),
    "a stack of layers": (SEQUENCE, network(
        "layer = nn.TransformerEncoderLayer(d_model=12, nhead=4, dim_feedforward=16, batch_first=True); "
        "self.encoder = nn.TransformerEncoder(layer, num_layers=2, norm=nn.LayerNorm(12)); self.fc = nn.Linear(12, 3)",
        "x = self.encoder(x); return self.fc(x.mean(dim=1))")),
    "a learned tensor": (ROW, network(
        "self.scale = nn.Parameter(torch.ones(1, 12)); self.shift = nn.Parameter(torch.zeros(12))",
        "return x * self.scale + self.shift * self.scale")),
    "a list of layers": (ROW, network(LAYERS, "for layer in self.layers: \n            x = layer(x); return x")),
    "a list of layers with more": (ROW, network(
        LAYERS, "for layer in self.layers: \n            x = F.relu(layer(x)); return x")),
    "layers by number": (ROW, network(
        LAYERS, "for i in range(len(self.layers)): \n            x = self.layers[i](x); return self.layers[0](x)")),
    "two lists at once": (ROW, network(
        f"{LAYERS}; self.acts = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.GELU()])",
        "for layer, act in zip(self.layers, self.acts): \n            x = act(layer(x)) + x; return x")),
    "the same layer three times": (ROW, network(
        "self.fc = nn.Linear(12, 12)", "for _ in range(3): \n            x = torch.relu(self.fc(x)); return x")),
    "modules of a row by number": (ROW, network(
        "self.m = nn.Sequential(nn.Linear(12, 12), nn.ReLU())", "y = x = self.m[0](x); return self.m[1](y) + x")),
    "weights of one's own": (ROW, network(
        "self.fc = nn.Linear(12, 12); nn.init.zeros_(self.fc.bias); self.base = nn.Linear(12, 12); "
        "for p in self.base.parameters(): \n            p.requires_grad = False", "return self.fc(self.base(x))")),
    "heads of attention": (SEQUENCE, network(
        "self.qkv = nn.Linear(12, 36)", "B, T, C = x.size(); q, k, v = self.qkv(x).split(C, dim=2); "
        "q = q.view(B, T, 4, C // 4).transpose(1, 2); k = k.view(B, T, 4, C // 4).transpose(1, 2); "
        "v = v.view(B, T, 4, C // 4).transpose(1, 2); att = (q @ k.transpose(-2, -1)) * (1.0 / (C // 4) ** 0.5); "
        "return (F.softmax(att, dim=-1) @ v).transpose(1, 2).contiguous().view(B, T, C)")),
    "gates of channels": (PICTURE, network(
        "self.c = nn.Conv2d(1, 4, 3); self.fc = nn.Linear(4, 4)", "x = self.c(x); "
        "s = torch.sigmoid(self.fc(F.adaptive_avg_pool2d(x, 1).view(x.size(0), -1))); return x * s.view(-1, 4, 1, 1)")),
    "a class token": (SEQUENCE, network(
        "self.cls = nn.Parameter(torch.zeros(1, 1, 12)); self.pos = nn.Parameter(torch.randn(1, 8, 12))",
        "cls = self.cls.expand(x.shape[0], -1, -1); x = torch.cat((cls, x), dim=1) + self.pos; return x[:, 0]")),
    "two answers": (ROW, network(
        "self.fc = nn.Linear(12, 10); self.value = nn.Linear(12, 1)", "return self.fc(x), torch.tanh(self.value(x))")),
}  # fmt: skip


def same_numbers(module: nn.Module) -> nn.Module:
    """The module with weights that depend on their sizes alone, whatever they are called."""
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.copy_(torch.linspace(-0.5, 0.6, tensor.numel()).reshape(tensor.shape))
    return module.eval()


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_what_people_type_becomes_a_drawing_that_computes_the_same(case: str) -> None:
    shape, text = UNDERSTOOD[case]
    drawing = read(text, Graph().add(Node("x", Input(shape=shape))), frozenset({"x"}))
    report = check(drawing)
    assert report.ok, report.problems
    batch = torch.randn(3, *shape)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        wanted = same_numbers(build(Source(text, {})))(batch)
        got = same_numbers(build(write(lower(drawing, report))))(batch)
    pairs = zip(wanted, got, strict=True) if isinstance(wanted, tuple) else [(wanted, got)]
    for one, other in pairs:
        torch.testing.assert_close(one, other)
    again = source_of(drawing).text
    assert source_of(read(again, drawing, frozenset(drawing.nodes))).text == again


FC = "self.fc = nn.Linear(12, 10)"
REFUSED = [
    (network(FC, "print(x.shape); return self.fc(x)"), "print(", "print gives nothing to the drawing here"),
    (network(FC, "if self.training: \n            x = F.relu(x); return self.fc(x)"), "if self", "there is no if"),
    (network(FC, "assert x.shape[1] == 12; return self.fc(x)"), "assert", "a check is no part of a drawing"),
    (network(FC, "x = F.dropout(x, 0.5); return self.fc(x)"), "F.dropout", "needs training=self.training"),
    (network(FC, "return self.fc(F.reul(x))"), "F.reul", "did you mean F.relu?"),
    (network(FC, "return F.softmax(self.fc(x))"), "F.softmax", "it is written like: y = F.softmax(input, dim=1)"),
    (network(FC, "return self.fc(self.relu(x))"), "self.relu", "self.relu is not created in __init__"),
    (network(FC, "return self.fc(input=x)"), "self.fc(", "write: output = self.fc(input)"),
    (network(FC, "x, i = x.max(dim=1); return self.fc(x)"), "x.max", "write torch.amax(x, dim=1)"),
    (network(FC, "return self.fc(x).squeeze()"), "squeeze", "squeeze needs to be told its dimension"),
    (network(FC, "x = x.to(self.device); return self.fc(x)"), "x.to", "where tensors lie is no part of a drawing"),
    (network(FC, "return torch.where(x > 0, x, -x)"), "torch.where", "there is no block for torch.where(x > 0"),
    (network(FC, "return self.fc(x) if self.training else x"), "if self", "there is no if"),
    (network(FC, "outs = []; return self.fc(x)"), "outs", "a list is no result of a block"),
    (network(FC, "x = self.m['a'](x); return self.fc(x)"), "'a'", "give each module a name of its own"),
    (network(FC, "while True: \n            x = self.fc(x); return x"), "while", "write for _ in range(3)"),
    (network("self.fc = nn.Linaer(12, 10)", "return self.fc(x)"), "Linaer", "did you mean nn.Linear?"),
    (network("self.fc = nn.Linear(11, 10)", "return self.fc(x)"), "11", "what reaches it makes it 12"),
    (network("self.fc = nn.Linear(12)", "return self.fc(x)"), "(12)", "nn.Linear lacks out_features"),
    (network("self.fc = nn.Linear(12, 10, basi=True)", "return self.fc(x)"), "basi", "has no setting basi"),
    (network("self.fc = nn.Linear(12, hidden)", "return self.fc(x)"), "hidden", "hidden is no plain value"),
    (network(f"{FC}; self.extra = nn.ReLU()", "return self.fc(x)"), "extra", "self.extra is not called in forward"),
    (network("self.fc = nn.Linear(12, h)", "return self.fc(x)", arguments="self, h"), "class", "such as h=64"),
    (network("self.act = lambda v: F.relu(v)", "return self.act(x)"), "lambda", "a module is created by a call"),
    (network(FC, "return self.fc(x)") + "\n\nmodel = Network()\n", "model =", "only imports of PyTorch and classes"),
    (
        network("c = nn.Linear(12, 12); self.a = c; self.b = c", "return self.b(self.a(x))"),
        "self.b = c",
        "create a module for each",
    ),
    (
        network(FC, "for _ in range(10**9): \n            x = F.relu(x); return self.fc(x)"),
        "for _",
        "10 ** 9 is no plain value",
    ),
    (network("self.a = nn.ModuleList([nn.ReLU()])", "return self.a[3](x)"), "self.a[3]", "none of its 1 modules"),
]


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED, ids=[reason for _, _, reason in REFUSED])
def test_what_cannot_be_drawn_is_marked_with_what_to_write(text: str, place: str, reason: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        read(text, Graph().add(Node("x", Input(shape=ROW))), frozenset({"x"}))
    told = [trouble for trouble in caught.value.troubles if reason in trouble.reason]
    assert told, caught.value.troubles
    assert place in text.split("\n")[told[0].line - 1]
    assert not any("_1" in trouble.reason or "batch__" in trouble.reason for trouble in caught.value.troubles)


def test_the_last_states_of_all_layers_are_not_mistaken_for_one() -> None:
    text = network("self.rnn = nn.GRU(12, 5, batch_first=True)", "_, h = self.rnn(x); return h.squeeze(0)")
    with pytest.raises(NotUnderstood, match=r"h has the layers first here; take the last of them: h\[-1\]"):
        read(text, Graph().add(Node("x", Input(shape=SEQUENCE))), frozenset({"x"}))


def test_a_module_that_is_renamed_stays_the_same_block() -> None:
    graph = new("mlp").graph
    changed = edited(graph, ("hidden1", "first"))
    assert changed.nodes["first"].block == graph.nodes["hidden1"].block
    assert "hidden1" not in changed.nodes
    assert check(changed).ok


def test_a_call_inside_a_call_joins_two_lines_and_keeps_both_blocks() -> None:
    graph = new("mlp").graph
    changed = edited(
        graph,
        ("        hidden1 = self.hidden1(flatten)  # N x 512\n", ""),
        ("self.relu1(hidden1)", "self.relu1(self.hidden1(flatten))"),
    )
    assert changed == graph


def test_a_text_that_means_far_more_than_it_says_is_refused() -> None:
    doubled = "; ".join(["a0 = (1, 1)", *(f"a{n + 1} = (a{n}, a{n})" for n in range(60))])
    for creations, calls in (
        (f"{doubled}; self.fc = nn.Linear(12, a60)", "return self.fc(x)"),
        (FC, f"return {'+'.join(['x'] * 20_000)}"),
        (
            FC,
            "for _ in range(2000): \n            for _ in range(2000): \n                x = self.fc(x); return x",
        ),
    ):
        with pytest.raises(NotUnderstood):
            read(network(creations, calls), Graph().add(Node("x", Input(shape=ROW))), frozenset({"x"}))


WORDS = sorted({word for _, text in UNDERSTOOD.values() for word in re.findall(r"\w+|[^\w\s]", text)})


@st.composite
def damaged_texts(draw: DrawFn) -> tuple[tuple[int, ...], str]:
    """A good text with some of its words replaced, doubled or taken out."""
    shape, text = draw(st.sampled_from([*UNDERSTOOD.values()]))
    words = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        words[place] = draw(st.sampled_from(["", f"{words[place]} {words[place]}", *WORDS]))
    return shape, "".join(words)


@given(damaged_texts())
@settings(max_examples=100)
def test_a_damaged_text_is_read_or_refused_in_words(damaged: tuple[tuple[int, ...], str]) -> None:
    check_text(*damaged)


def check_text(shape: tuple[int, ...], text: str) -> str:
    """Read a text: a drawing comes out, or the lines in the way; nothing else happens."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own remarks on numbers such as 1if
            read(text, Graph().add(Node("x", Input(shape=shape))), frozenset({"x"}))
    except NotUnderstood as error:
        assert all(trouble.reason and trouble.line > 0 for trouble in error.troubles)
        return "refused"
    return "read"

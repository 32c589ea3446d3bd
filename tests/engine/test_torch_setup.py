"""torchvision is usable beside any build of torch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_models_and_transforms_work_however_torchvision_was_built() -> None:
    """In a process of its own, because the first import of torchvision decides."""
    run("""
from engine.torch_setup import import_torchvision
torchvision = import_torchvision()
assert import_torchvision() is torchvision
import torch, torchvision.models, torchvision.datasets
from torchvision.transforms import v2
assert torchvision.models.resnet18().eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)
assert v2.Resize((4, 4))(torch.zeros(3, 8, 8)).shape == (3, 4, 4)
""")


def test_each_model_is_found_without_the_rest_of_torchvision_and_without_the_compiler() -> None:
    """Loading those takes longer than an import of the largest model; where they are wanted after all, they come."""
    run("""
import sys
from importlib.util import find_spec
from pathlib import Path
import torch
from engine.torch_setup import import_torchvision, model_maker, put_off_compiler
put_off_compiler()
assert model_maker("resnet1") is None and model_maker("fasterrcnn_resnet50_fpn") is None
files = Path(find_spec("torchvision").origin).with_name("models").glob("[!_]*.py")
names = {line[4:].split("(")[0] for file in files for line in file.read_text().splitlines() if line[:4] == "def "}
found = {name: maker for name in names if (maker := model_maker(name))}
small = found["squeezenet1_1"]().to("meta")
assert small(torch.zeros(2, 3, 64, 64, device="meta")).shape == (2, 1000)
assert not {"torchvision.ops.boxes", "torchvision.datasets", "torch._dynamo.utils"} & set(sys.modules)

models = import_torchvision().models
assert set(models.list_models(module=models)) == set(found)
assert torch.compile(lambda x: x + 1, backend="eager")(torch.zeros(2)).tolist() == [1, 1]
assert "torch._dynamo.utils" in sys.modules
""")


def run(code: str) -> None:
    """In a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Ways to take the network along, by the word that the command line and the menu use."""

from collections.abc import Mapping
from functools import partial

from engine.export.drawing_data import export_data
from engine.export.exported_program import export_program
from engine.export.module import export_module
from engine.export.notebook import export_notebook
from engine.export.onnx_file import export_onnx
from engine.export.project_folder import export_project
from engine.export.script import export_script
from engine.export.style import Style, from_drawing
from engine.export.summary import export_summary
from engine.export.tikz import export_tikz
from engine.export.weights import export_weights
from engine.export.weights_code import files_beside
from engine.writing.manner import FUNCTIONAL, MODULE_LIST, SEQUENTIAL

CODE: tuple[Style, ...] = (
    Style(
        "module",
        "PyTorch module",
        ".py",
        "One Python file with the network's class, one attribute a block; it needs nothing but PyTorch.",
        from_drawing(export_module),
    ),
    Style(
        "functional",
        "Module with functions",
        ".py",
        "The same, with activations and pooling called through torch.nn.functional instead of kept as modules.",
        from_drawing(partial(export_module, manner=FUNCTIONAL)),
    ),
    Style(
        "modulelist",
        "Module with loops",
        ".py",
        "The same, with repeated groups in an nn.ModuleList and a loop over it in forward.",
        from_drawing(partial(export_module, manner=MODULE_LIST)),
    ),
    Style(
        "sequential",
        "Nested nn.Sequential",
        ".py",
        "The network as one nn.Sequential, where the drawing and its groups are chains.",
        from_drawing(partial(export_module, manner=SEQUENTIAL)),
    ),
)
TRAINING: tuple[Style, ...] = (
    Style(
        "script",
        "Training program",
        ".py",
        "One file that trains the network with the drawing's recipe, in one process or several, and can be resumed.",
        from_drawing(export_script),
        beside=files_beside,
    ),
    Style(
        "notebook",
        "Notebook",
        ".ipynb",
        "Network, data, training and answers step by step, to be run from top to bottom in Jupyter.",
        from_drawing(export_notebook),
        beside=files_beside,
    ),
    Style(
        "project",
        "Project folder",
        "",
        "A folder with the network, its data, its training program, tests and a read-me file, each in its own file.",
        from_drawing(export_project),
        form="folder",
        beside=files_beside,
    ),
)
MODELS: tuple[Style, ...] = (
    Style(
        "onnx",
        "ONNX model",
        ".onnx",
        "The network for programs and devices without PyTorch, for batches of any size.",
        export_onnx,
        form="bytes",
        needs_torch=True,
        takes_weights=True,
    ),
    Style(
        "pt2",
        "PyTorch exported program",
        ".pt2",
        "The network as torch.export writes it, to be loaded without its Python code.",
        export_program,
        form="bytes",
        needs_torch=True,
        takes_weights=True,
    ),
    Style(
        "weights",
        "Weights",
        ".safetensors",
        "The state_dict alone: trained weights, or new ones as training would begin with.",
        export_weights,
        form="bytes",
        needs_torch=True,
        takes_weights=True,
    ),
)
PICTURES: tuple[Style, ...] = (
    Style(
        "svg",
        "SVG picture",
        ".svg",
        "The drawing for web pages and further editing, sharp at any size.",
        None,
        unfinished=True,
    ),
    Style("png", "PNG picture", ".png", "The drawing in pixels, for slides.", None, form="bytes", unfinished=True),
    Style(
        "pdf",
        "PDF picture",
        ".pdf",
        "The drawing for papers and for printing, sharp at any size.",
        None,
        form="bytes",
        unfinished=True,
    ),
    Style(
        "tikz",
        "LaTeX picture",
        ".tex",
        "The drawing as a TikZ picture that LaTeX typesets, to be edited by hand.",
        from_drawing(export_tikz),
        unfinished=True,
    ),
)
FACTS: tuple[Style, ...] = (
    Style(
        "summary",
        "Table of blocks",
        ".txt",
        "Every block with its shape, parameters and multiply-accumulates, and the totals, as plain text.",
        from_drawing(export_summary),
    ),
    Style(
        "json",
        "Drawing as data",
        ".json",
        "Blocks, wires, shapes and costs for other programs.",
        from_drawing(export_data),
        unfinished=True,
    ),
)

GROUPS: tuple[tuple[Style, ...], ...] = (CODE, TRAINING, MODELS, PICTURES, FACTS)
"""Every style, in the order of the menu, with a line between groups."""

EXPORTS: Mapping[str, Style] = {style.name: style for group in GROUPS for style in group}
"""Every style by its name."""

"""In which order PyTorch takes values that are stated without their names."""

from __future__ import annotations

from engine.blocks.base import Block
from engine.program import Call

RECURRENT = ("bias", "batch_first", "dropout", "bidirectional", "proj_size")
LAYER = ("dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first", "norm_first", "bias")

ORDERS = {
    "F.interpolate": ("size", "scale_factor", "mode", "align_corners"),
    "nn.FractionalMaxPool2d": ("kernel_size", "output_size", "output_ratio"),
    "nn.FractionalMaxPool3d": ("kernel_size", "output_size", "output_ratio"),
    "nn.GRU": ("input_size", "hidden_size", "num_layers", *RECURRENT[:-1]),
    "nn.GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    "nn.LSTM": ("input_size", "hidden_size", "num_layers", *RECURRENT),
    "nn.LayerNorm": ("normalized_shape", "eps", "elementwise_affine", "bias"),
    "nn.MaxPool1d": ("kernel_size", "stride", "padding", "dilation"),
    "nn.MaxPool2d": ("kernel_size", "stride", "padding", "dilation"),
    "nn.MaxPool3d": ("kernel_size", "stride", "padding", "dilation"),
    "nn.MultiheadAttention": ("embed_dim", "num_heads", "dropout", "bias", "add_bias_kv", "add_zero_attn"),
    "nn.PReLU": ("num_parameters", "init"),
    "nn.RMSNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "nn.RNN": ("input_size", "hidden_size", "num_layers", "nonlinearity", *RECURRENT[:-1]),
    "nn.TransformerDecoder": ("decoder_layer", "num_layers", "norm"),
    "nn.TransformerDecoderLayer": ("d_model", "nhead", *LAYER),
    "nn.TransformerEncoder": ("encoder_layer", "num_layers", "norm"),
    "nn.TransformerEncoderLayer": ("d_model", "nhead", *LAYER),
    "nn.Upsample": ("size", "scale_factor", "mode", "align_corners"),
}
"""Where PyTorch's order is not that of a block's settings, or goes on with something that a block does not have."""


COUNTS = ("tensors", "parts")
"""Settings that say how many tensors there are; a call shows that by its form."""


def positions(kind: type[Block], layer: Call | None) -> tuple[str, ...]:
    """The names of the values of a module in PyTorch's order; `layer` is what the block writes, if that is known."""
    if kind.torch_name in ORDERS:
        return ORDERS[kind.torch_name]
    rows = [row.name for row in kind.params()]
    first = layer.names if layer else (*kind.derived, *(row.name for row in kind.params() if row.required))
    return (*first, *(name for name in rows if name not in first))


def function_positions(head: str, kind: type[Block]) -> tuple[str, ...]:
    """The same for the values of a function behind its tensors; how many tensors there are is no value."""
    return ORDERS.get(head, tuple(row.name for row in kind.params() if row.name not in COUNTS))

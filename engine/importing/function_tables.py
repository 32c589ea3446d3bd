"""Which block a function of PyTorch is, and what it calls its arguments behind the tensor."""

from __future__ import annotations

from collections.abc import Mapping

PLAIN: Mapping[str, tuple[str, str]] = {
    "relu": ("ReLU", ""),
    "relu6": ("ReLU6", ""),
    "leaky_relu": ("LeakyReLU", "negative_slope"),
    "elu": ("ELU", "alpha"),
    "selu": ("SELU", ""),
    "celu": ("CELU", "alpha"),
    "gelu": ("GELU", "approximate"),
    "silu": ("SiLU", ""),
    "mish": ("Mish", ""),
    "softplus": ("Softplus", "beta threshold"),
    "softsign": ("Softsign", ""),
    "log_sigmoid": ("LogSigmoid", ""),
    "logsigmoid": ("LogSigmoid", ""),
    "sigmoid": ("Sigmoid", ""),
    "tanh": ("Tanh", ""),
    "hardtanh": ("Hardtanh", "min_val max_val"),
    "hardswish": ("Hardswish", ""),
    "hardsigmoid": ("Hardsigmoid", ""),
    "hardshrink": ("Hardshrink", "lambd"),
    "softshrink": ("Softshrink", "lambd"),
    "tanhshrink": ("Tanhshrink", ""),
    "threshold": ("Threshold", "threshold value"),
    "abs": ("Abs", ""),
    "neg": ("Negative", ""),
    "reciprocal": ("Reciprocal", ""),
    "exp": ("Exp", ""),
    "log": ("Log", ""),
    "sqrt": ("Sqrt", ""),
    "rsqrt": ("Rsqrt", ""),
    "sin": ("Sin", ""),
    "cos": ("Cos", ""),
    "detach": ("Detach", ""),
}
"""Functions of every number alone: the block, and what follows the tensor."""

IN_FRONT: Mapping[str, tuple[str, str]] = {
    "max_pool1d": ("MaxPool1d", "kernel_size stride padding dilation ceil_mode return_indices"),
    "max_pool2d": ("MaxPool2d", "kernel_size stride padding dilation ceil_mode return_indices"),
    "max_pool3d": ("MaxPool3d", "kernel_size stride padding dilation ceil_mode return_indices"),
    "avg_pool1d": ("AvgPool1d", "kernel_size stride padding ceil_mode count_include_pad"),
    "avg_pool2d": ("AvgPool2d", "kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    "avg_pool3d": ("AvgPool3d", "kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    "lp_pool1d": ("LPPool1d", "norm_type kernel_size stride ceil_mode"),
    "lp_pool3d": ("LPPool3d", "norm_type kernel_size stride ceil_mode"),
    "fold": ("Fold", "output_size kernel_size dilation padding stride"),
    "lp_pool2d": ("LPPool2d", "norm_type kernel_size stride ceil_mode"),
    "adaptive_avg_pool1d": ("AdaptiveAvgPool1d", "output_size"),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", "output_size"),
    "adaptive_avg_pool3d": ("AdaptiveAvgPool3d", "output_size"),
    "adaptive_max_pool1d": ("AdaptiveMaxPool1d", "output_size return_indices"),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", "output_size return_indices"),
    "adaptive_max_pool3d": ("AdaptiveMaxPool3d", "output_size return_indices"),
    "interpolate": ("Interpolate", "size scale_factor mode align_corners recompute_scale_factor antialias"),
    "upsample": ("Interpolate", "size scale_factor mode align_corners"),
    "pixel_shuffle": ("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": ("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": ("ChannelShuffle", "groups"),
    "local_response_norm": ("LocalResponseNorm", "size alpha beta k"),
    "unfold": ("Unfold", "kernel_size dilation padding stride"),
    "dropout": ("Dropout", "p training"),
    "dropout1d": ("Dropout1d", "p training"),
    "dropout2d": ("Dropout2d", "p training"),
    "dropout3d": ("Dropout3d", "p training"),
    "alpha_dropout": ("AlphaDropout", "p training"),
    "feature_alpha_dropout": ("FeatureAlphaDropout", "p training"),
    "rrelu": ("RReLU", "lower upper training"),
    "stochastic_depth": ("DropPath", "p mode training"),
}
"""Functions that need the batch in front."""

ALONG: Mapping[str, tuple[str, str]] = {
    "softmax": ("Softmax", "dim"),
    "log_softmax": ("LogSoftmax", "dim"),
    "softmin": ("Softmin", "dim"),
    "glu": ("GLU", "dim"),
    "cumsum": ("CumulativeSum", "dim"),
    "argmax": ("Argmax", "dim keepdim"),
    "normalize": ("Normalize", "p dim eps"),
}
"""Functions along one dimension."""

REDUCING: Mapping[str, tuple[str, str]] = {
    "mean": ("Mean", "dim keepdim"),
    "sum": ("Sum", "dim keepdim"),
    "amax": ("Max", "dim keepdim"),
    "amin": ("Min", "dim keepdim"),
    "logsumexp": ("LogSumExp", "dim keepdim"),
    "var": ("Var", "dim correction keepdim"),
    "std": ("Std", "dim correction keepdim"),
    "norm": ("Norm", "p dim keepdim"),
    "linalg_vector_norm": ("Norm", "ord dim keepdim"),
    "vector_norm": ("Norm", "ord dim keepdim"),
}
"""Functions that take dimensions away."""

IGNORED = {"inplace", "dtype", "training", "return_indices", "recompute_scale_factor", "_stacklevel", "memory_format"}

PAIRS: Mapping[str, str] = {
    "add": "Add",
    "sub": "Subtract",
    "subtract": "Subtract",
    "mul": "Multiply",
    "multiply": "Multiply",
    "div": "Divide",
    "divide": "Divide",
    "truediv": "Divide",
    "maximum": "Maximum",
    "minimum": "Minimum",
}

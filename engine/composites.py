"""Ready patterns of well-known networks, each a group to put into a drawing, to open and to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine import patterns
from engine.blocks.base import Shape
from engine.graph import Graph
from engine.groups import Group
from engine.layout import arrange

PICTURE = (64, 32, 32)
SEQUENCE = (16, 64)


@dataclass(frozen=True)
class Composite:
    """A ready group: its title, one sentence, other words for it, and how it is drawn for what reaches it."""

    class_name: str
    title: str
    summary: str
    keywords: tuple[str, ...]
    usual: Shape
    """The shape it is drawn for if nothing is known about its input."""
    draw: Callable[[Shape], Graph]
    pretrained: str = ""
    """Weights that come with the program, with which the group begins."""

    @property
    def group(self) -> Group:
        """The group as it comes from the palette."""
        return self.group_for(self.usual)

    def group_for(self, shape: Shape) -> Group:
        """The group with widths that suit an input of this shape; of the usual one if it has other dimensions."""
        graph = self.draw(shape if len(shape) == len(self.usual) else self.usual)
        return Group(class_name=self.class_name, graph=graph.move(arrange(graph)), pretrained=self.pretrained)


COMPOSITES = {
    composite.class_name: composite
    for composite in (
        Composite("ConvNormReLU", "Conv, norm, ReLU", "Convolution, batch norm and ReLU: the usual unit of a CNN.",
                  ("convolution", "bn", "unit"), PICTURE, patterns.conv_norm_relu),
        Composite("BasicBlock", "Residual basic block", "Two convolutions with a skip wire, as in ResNet-18.",
                  ("resnet", "skip", "shortcut"), PICTURE, patterns.basic_block),
        Composite("Bottleneck", "Residual bottleneck", "Narrow, convolve, widen, with a skip wire, as in ResNet-50.",
                  ("resnet", "skip", "shortcut"), PICTURE, patterns.bottleneck),
        Composite("DepthwiseSeparable", "Depthwise separable", "One filter a channel, then 1×1 to mix them: cheap.",
                  ("mobilenet", "xception", "convolution"), PICTURE, patterns.depthwise_separable),
        Composite("InvertedResidual", "Inverted residual", "Widen, convolve by channel, narrow, as in MobileNetV2.",
                  ("mobilenet", "mbconv", "skip"), PICTURE, patterns.inverted_residual),
        Composite("SqueezeExcite", "Squeeze and excite", "Weighs every channel by what the whole picture says.",
                  ("attention", "gate", "se"), PICTURE, patterns.squeeze_excite),
        Composite("Fire", "Fire", "Squeeze to a few channels, then expand in two ways at once, as in SqueezeNet.",
                  ("squeezenet",), PICTURE, patterns.fire),
        Composite("Inception", "Inception", "Four ways to look at the picture side by side, as in GoogLeNet.",
                  ("googlenet", "branches"), PICTURE, patterns.inception),
        Composite("DenseBlock", "Dense block", "Every layer sees all the layers before it, as in DenseNet.",
                  ("densenet", "concatenate"), PICTURE, patterns.dense_block),
        Composite("UNetDown", "U-Net down", "Two convolutions, then half the size; hands the large picture on as well.",
                  ("unet", "encoder", "segmentation"), PICTURE, patterns.unet_down),
        Composite("UNetUp", "U-Net up", "Twice the size, joined with the large picture of the way down.",
                  ("unet", "decoder", "segmentation"), PICTURE, patterns.unet_up),
        Composite("TransformerEncoder", "Transformer encoder", "Attention, then a small network, both with skips.",
                  ("attention", "vit", "bert"), SEQUENCE, patterns.transformer_encoder),
        Composite("MixerBlock", "MLP-Mixer block", "Mixes the steps with each other, then the channels; no attention.",
                  ("mlp", "mixer"), SEQUENCE, patterns.mixer),
        Composite(
            "EfficientNetLite0",
            "EfficientNet-Lite0, pretrained",
            "Turns a 224×224 picture into 1,280 features learned from ImageNet; frozen, for a head of your own.",
            ("transfer", "imagenet", "backbone", "features", "embedding"),
            (3, 224, 224),
            patterns.efficientnet_lite0,
            "efficientnet_lite0",
        ),
    )
}  # fmt: skip
"""Every composite by the name of its class, in the order of the palette."""

"""Network architectures as small registered functions.

A builder gets the input shape [frames, bands] and the number of outputs, and returns an uncompiled legacy-Keras model
from float features [n, frames, bands, 1] to logits [n, outputs]. Scores are added at conversion. Every layer must be
one that quantisation-aware training and TFLite Micro know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .constraints import zero_sum
from .errors import TrainingError
from .tensorflow_loading import tensorflow

Builder = Callable[[int, int, int], Any]
ARCHITECTURES: dict[str, Builder] = {}


def register(name: str) -> Callable[[Builder], Builder]:
    """Decorator: make a builder known by `name`."""

    def keep(builder: Builder) -> Builder:
        if name in ARCHITECTURES:
            raise ValueError(f"architecture {name} is registered twice")
        ARCHITECTURES[name] = builder
        return builder

    return keep


def check_architecture(name: str) -> None:
    """Look whether there is such an architecture, before data are made for it.

    Raises:
        TrainingError: there is none.
    """
    if name not in ARCHITECTURES:
        raise TrainingError(
            f"There is no architecture called {name!r}.",
            f"Choose one of: {', '.join(sorted(ARCHITECTURES))}.",
        )


def build(name: str, frames: int, bands: int, outputs: int) -> Any:
    """The model `name` for an input of [frames, bands] and `outputs` logits.

    Raises:
        TrainingError: no such architecture, or the input is too small for it.
    """
    check_architecture(name)
    try:
        return ARCHITECTURES[name](frames, bands, outputs)
    except ValueError as error:
        raise TrainingError(
            f"Architecture {name} cannot be built for an input of {frames}×{bands}: {error}",
            "Use more frames or bands, or an architecture with less pooling.",
        ) from error


class _Net:
    """A chain of layers written one line each; keeps the last tensor."""

    def __init__(self, frames: int, bands: int) -> None:
        self.keras = tensorflow().keras
        self.layers = self.keras.layers
        self.input = self.keras.Input((frames, bands, 1), name="features")
        self.tensor = self.input

    def add(self, layer: Any) -> None:
        self.tensor = layer(self.tensor)

    def _normalise_and_rectify(self) -> None:
        self.add(self.layers.BatchNormalization(momentum=0.95))
        self.add(self.layers.ReLU())

    def convolution(
        self, channels: int, kernel: Any = 3, stride: Any = 1, padding: str = "same", constraint: Any = None
    ) -> None:
        self.add(
            self.layers.Conv2D(
                channels, kernel, stride, padding=padding, use_bias=False, kernel_constraint=constraint
            )
        )
        self._normalise_and_rectify()

    def widening(
        self, channels: int, kernel: Any = 3, stride: Any = 1, padding: str = "same", constraint: Any = None
    ) -> None:
        """From the single input channel into `channels`, as a depthwise convolution."""
        self.add(
            self.layers.DepthwiseConv2D(
                kernel,
                stride,
                padding=padding,
                depth_multiplier=channels,
                use_bias=False,
                depthwise_constraint=constraint,
            )
        )
        self._normalise_and_rectify()

    def separable(
        self, channels: int, kernel: Any = 3, stride: Any = 1, padding: str = "same", between: bool = False
    ) -> None:
        """Depthwise then pointwise convolution; `between` also rectifies between the two."""
        self.add(self.layers.DepthwiseConv2D(kernel, stride, padding=padding, use_bias=False))
        if between:
            self._normalise_and_rectify()
        self.convolution(channels, 1)

    def pool(self, size: Any = 2) -> None:
        self.add(self.layers.MaxPooling2D(size))

    def head(self, units: int, outputs: int, flatten: bool = False, dropout: float = 0.0) -> Any:
        """Flatten or average, one hidden layer (none when `units` is 0), logits."""
        self.add(self.layers.Flatten() if flatten else self.layers.GlobalAveragePooling2D())
        if dropout:
            self.add(self.layers.Dropout(dropout))
        if units:
            self.add(self.layers.Dense(units, activation="relu"))
        self.add(self.layers.Dense(outputs, name="logits"))
        return self.keras.Model(self.input, self.tensor, name="network")


def _background(frames: int, bands: int, outputs: int, *, separable: bool, flatten: bool) -> Any:
    net = _Net(frames, bands)
    for channels in (8, 16):
        if separable:
            net.separable(channels)
        else:
            net.convolution(channels)
        net.pool()
    return net.head(16, outputs, flatten)


@register("standard-flatten")
def standard_flatten(frames: int, bands: int, outputs: int) -> Any:
    """Two 3×3 convolutions of 8 and 16 with pooling, flattened into 16 dense units: the first attempt of many."""
    return _background(frames, bands, outputs, separable=False, flatten=True)


@register("standard-pooling")
def standard_pooling(frames: int, bands: int, outputs: int) -> Any:
    """The same with global average pooling instead of flattening."""
    return _background(frames, bands, outputs, separable=False, flatten=False)


@register("separable-flatten")
def separable_flatten(frames: int, bands: int, outputs: int) -> Any:
    """Separable convolutions of 8 and 16, flattened."""
    return _background(frames, bands, outputs, separable=True, flatten=True)


@register("separable-pooling")
def separable_pooling(frames: int, bands: int, outputs: int) -> Any:
    """Separable convolutions of 8 and 16 with global average pooling: the smallest."""
    return _background(frames, bands, outputs, separable=True, flatten=False)


@register("strided")
def strided(frames: int, bands: int, outputs: int) -> Any:
    """Made for the ESP32, where an output element costs about 100 instructions whatever it was computed from.

    The first convolution strides at once and is a depthwise one from one channel into eight, the same mathematics as
    a plain one for less than half the instructions (`cost.py` tells why). Channels grow only as the maps shrink, no
    padding is computed, and half of the time steps are averaged away between the layers.

    The first weights sum to zero, which makes the network deaf to the level. At the end time is averaged, frequency is
    not: a rumble and a song differ in where they lie more than in how they look.
    """
    net = _Net(frames, bands)
    net.widening(8, 3, 2, "valid", constraint=zero_sum())
    net.separable(24, 3, 2, "valid")
    net.add(net.layers.AveragePooling2D((2, 1)))
    net.separable(32, 3, 1, "valid")
    net.separable(48, 3, 1, "valid")
    net.add(net.layers.AveragePooling2D((net.tensor.shape[1], 1)))
    return net.head(16, outputs, flatten=True)


@register("strided-wide")
def strided_wide(frames: int, bands: int, outputs: int) -> Any:
    """`strided` for as many instructions, with more to tell kinds of sound apart.

    The highest of two time steps goes on instead of their mean: a strike or a tick is short, and a maximum keeps its
    scale in int8, where a mean is quantised anew. What that saves goes into more channels and units at the end.
    """
    net = _Net(frames, bands)
    net.widening(8, 3, 2, "valid", constraint=zero_sum())
    net.separable(24, 3, 2, "valid")
    net.pool((2, 1))
    net.separable(32, 3, 1, "valid")
    net.separable(60, 3, 1, "valid")
    net.add(net.layers.AveragePooling2D((net.tensor.shape[1], 1)))
    return net.head(24, outputs, flatten=True)


@register("teacher")
def teacher(frames: int, bands: int, outputs: int) -> Any:
    """Too large for a device, and not meant for one: it teaches the others (`host.making.training.teacher`)."""
    net = _Net(frames, bands)
    net.convolution(24, 3, 2, "valid", constraint=zero_sum())
    net.convolution(48, 3, 2, "valid")
    net.convolution(64, 3, 1, "valid")
    net.add(net.layers.SpatialDropout2D(0.1))
    net.convolution(64, 3, 1, "valid")
    steps = (net.tensor.shape[1], 1)
    ways = [net.layers.AveragePooling2D(steps)(net.tensor), net.layers.MaxPooling2D(steps)(net.tensor)]
    net.tensor = net.layers.Concatenate()(ways)
    return net.head(32, outputs, flatten=True, dropout=0.2)

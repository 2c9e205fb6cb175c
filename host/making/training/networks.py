"""Trained networks in files: the network is built from the recipe, and a file gives nothing but its weights.

A Keras file can hold code (a Lambda layer) that runs when the file is loaded as a model. No file is loaded as one here.
"""

from __future__ import annotations

import json
import struct
import tempfile
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .architectures import build
from .errors import TrainingError
from .quantise import quantisation_aware
from .tensorflow_loading import tensorflow

_TELLING = ("kernel_size", "strides", "padding", "pool_size", "depth_multiplier", "filters", "units", "axis")
_CURE = "Train it again with `python -m host train`."
_MOST_BYTES = 256 << 20  # of a .keras file unpacked; a network that a device holds has a thousandth of it
_TOLD = 600  # characters
# What h5py, zipfile and Keras raise for damaged files; RuntimeError: also nesting, and a zip with a password.
_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Network:
    """Which network it is.

    Attributes:
        architecture: a name in `architectures.ARCHITECTURES`.
        frames, bands: of its input.
        outputs: number of logits.
    """

    architecture: str
    frames: int
    bands: int
    outputs: int

    def build(self) -> Any:
        """The untrained network, from float features [n, frames, bands, 1] to logits [n, outputs].

        Raises:
            TrainingError: see `architectures.build`.
        """
        return build(self.architecture, self.frames, self.bands, self.outputs)


def load_float(path: Path, network: Network) -> Any:
    """The network with the weights of a file that `save_model` wrote.

    Raises:
        TrainingError: it is no such file, or holds another network.
    """
    return _with_weights(network.build(), path)


def load_quantised(path: Path, network: Network, lowest: float, highest: float) -> Any:
    """The quantisation-aware network with the weights of a file that `save_model` wrote.

    Args:
        path: the file.
        network: which network it is.
        lowest, highest: feature values of int8 -128 and 127.

    Raises:
        TrainingError: it is no such file, or holds another network.
    """
    return _with_weights(quantisation_aware(network.build(), lowest, highest), path)


def save_model(model: Any, path: Path) -> None:
    """Save architecture and weights as legacy HDF5, through a temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        temporary = Path(folder) / "model.h5"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # HDF5 is meant: one file, readable by every tf-keras 2
            model.save(temporary, save_format="h5", include_optimizer=False)
        temporary.replace(path)


def _with_weights(model: Any, path: Path) -> Any:
    tensorflow()
    try:
        if path.suffix not in (".h5", ".keras"):
            raise ValueError("it is neither .h5 nor .keras")
        ours, theirs = _layers(json.loads(model.to_json())), _layers(_description(path))
        for mine, other in zip(ours, theirs, strict=False):
            if mine != other:
                raise ValueError(f"it has {_told(other)} where the recipe's network has {_told(mine)}")
        if len(ours) != len(theirs):
            raise ValueError(f"it has {len(theirs)} layers, the recipe's network {len(ours)}")
        model.load_weights(path)
    except _UNREADABLE as error:
        told = " ".join(str(error).split())[:_TOLD]
        raise TrainingError(f"{path} is not a model this program saved: {told}", _CURE) from error
    return model


def _description(path: Path) -> Any:
    """What a file says of its layers, as plain JSON values; nothing is made of it."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > _MOST_BYTES:
                raise ValueError(f"it claims to hold {unpacked:,} bytes")
            return json.loads(archive.read("config.json"))
    import h5py  # slow, and here only

    with h5py.File(path, "r") as file:
        return json.loads(file.attrs["model_config"])


def _layers(description: Any) -> list[tuple[str, dict[str, Any]]]:
    """Class and telling settings of every layer, wrappers of quantisation taken off."""
    layers = []
    for each in description["config"]["layers"]:
        kind, config = str(each["class_name"]), each["config"]
        if kind == "QuantizeWrapperV2":
            kind, config = f"quantised {config['layer']['class_name']}", config["layer"]["config"]
        layers.append((kind, {name: config[name] for name in _TELLING if name in config}))
    return layers


def _told(layer: tuple[str, dict[str, Any]]) -> str:
    return f"{layer[0][:60]} {layer[1]}" if layer[1] else layer[0][:60]

"""Damaged data sets and sidecars: each is a set whose windows can be taken, or a refusal that names the file."""

from __future__ import annotations

import io
import random
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host.audio.crafted import encoded
from host.errors import HilError
from host.making.dataset.leaks import check_leaks
from host.making.dataset.split import Options, balance, make_dataset
from host.making.dataset.store import load_dataset
from host.making.recordings.catalogue import Catalogue, Recording
from host.making.training import recipe as recipes

from .mutate import mutated
from .mutate_json import mutated_json
from .target import Target, check_refusal

NAMES = ("dataset.json", "columns.npy", "windows.npz")
SIDECAR = b'{\n  "label"'
RATE = 8000
ARRAYS: tuple[Callable[[NDArray[Any]], Any], ...] = (
    lambda a: a[:0], lambda a: a[: len(a) // 2], lambda a: np.concatenate([a, a]), lambda a: a[..., np.newaxis],
    lambda a: a - 10**6, lambda a: a + 10**6, lambda a: a * 0 - 1, lambda a: np.full(a.shape, np.iinfo(np.int64).min),
    lambda a: a.astype(np.float64), lambda a: a.astype(np.float32) * np.nan, lambda a: a.astype(np.int64) * 2**33,
    lambda a: a.astype("S5"), lambda a: a.astype(bool), lambda a: a.astype(object), lambda a: a.astype(complex),
    lambda a: np.zeros(a.shape, "datetime64[s]"), lambda a: a.reshape(-1)[0], lambda a: a.reshape(-1, 1)[:0],
    lambda a: a[::-1],
    lambda a: a.astype(a.dtype.newbyteorder(">")), lambda a: np.resize(a, 3_000_000).astype(np.int8),
    np.asfortranarray,
)  # fmt: skip


class DatasetFuzz(Target):
    """Mutations of the files of a data set of a few short recordings, and of the sidecars it was made from."""

    def __init__(self) -> None:
        self._files = tempfile.TemporaryDirectory(prefix="fuzz-dataset-")
        here = Path(self._files.name)
        self._base, self._cache, self._made = here / "base", here / "cache", here / "made"
        rng = np.random.default_rng(1)
        for index in range(8):
            sound = (6000 * rng.standard_normal(9000) * (rng.random(9000) > 0.3)).clip(-30000, 30000)
            label = ("bird", "noise")[index % 2]
            recording = Recording(
                label, f"r{index}", "local", f"g{index}", f"by {index}", extra={"rate": RATE}
            )
            Catalogue(self._base).add(recording, encoded(sound.astype(np.int16), RATE, "WAV"))
        self._spec = recipes.PRESETS["tiny"].features
        make_dataset([self._base], self._spec, Options(shares=(0.5, 0.25, 0.25)), self._made, self._cache, 1)
        sidecar = next(iter(sorted(self._base.rglob("*.json"))))
        self._sidecar = sidecar.relative_to(self._base)
        whole = [(self._made / name).read_bytes() for name in NAMES]
        super().__init__("dataset", [*whole, sidecar.read_bytes()], _damaged)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        try:
            if data.startswith(SIDECAR) or (data[:1] == b"{" and b'"entries"' not in data):
                return self._split(data, folder)
            return self._load(data, rng, folder)
        finally:
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _split(self, data: bytes, folder: Path) -> str:
        shutil.copytree(self._base, folder / "base")
        (folder / "base" / self._sidecar).write_bytes(data)
        try:
            options = Options(shares=(0.5, 0.25, 0.25))
            made, _ = make_dataset([folder / "base"], self._spec, options, folder / "out", self._cache, 1)
            Catalogue(folder / "base").write_attribution()
        except HilError as error:
            return check_refusal(error)
        _use(made.path)
        return "split"

    def _load(self, data: bytes, rng: random.Random, folder: Path) -> str:
        whole = {name: (self._made / name).read_bytes() for name in NAMES}
        starts = {whole[name][:2]: name for name in NAMES}
        whole[starts.get(data[:2], rng.choice(NAMES))] = data
        for name, content in whole.items():
            (folder / name).write_bytes(content)
        try:
            _use(folder)
        except HilError as error:
            return check_refusal(error)
        return "loaded"


def _use(path: Path) -> None:
    """What a training does with a data set before it trains."""
    dataset = load_dataset(path)
    check_leaks(dataset)
    balance(dataset)
    for split in {entry.split for entry in dataset.entries}:
        windows = dataset.windows(split)
        some = (
            np.unique(np.linspace(0, len(windows) - 1, 30).astype(np.int64))
            if len(windows)
            else np.zeros(0, np.int64)
        )
        taken = windows.take(some)
        if taken.shape != (len(some), dataset.features.frames, dataset.features.settings.bands):
            raise AssertionError(f"windows of {taken.shape}")
        if not all(windows.names[index] for index in windows.recordings[some]):
            raise AssertionError("a recording without a name")


def _damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Values of JSON, arrays of NumPy's files; or any damage."""
    if data[:1] == b"{":
        return mutated_json(data, others, rng)
    if rng.random() < 0.5:
        return mutated(data, others, rng, 1 << 22)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the damage does to numbers
        return _other_arrays(data, rng)


def _other_arrays(data: bytes, rng: random.Random) -> bytes:
    if data[:2] == b"PK":
        with np.load(io.BytesIO(data)) as archive:
            arrays = dict(archive)
        name = rng.choice(sorted(arrays))
        arrays[rng.choice((name, name, name, "", "other", "a/../b"))] = rng.choice(ARRAYS)(arrays.pop(name))
        return _saved(lambda file: rng.choice((np.savez, np.savez_compressed))(file, **arrays))
    columns = np.load(io.BytesIO(data))
    return _saved(lambda file: np.save(file, rng.choice(ARRAYS)(columns)))


def _saved(save: Callable[[io.BytesIO], Any]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def make() -> DatasetFuzz:
    """The target."""
    return DatasetFuzz()

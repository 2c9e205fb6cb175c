"""All stimuli of a bundle: made once, kept in the checkout's cache folder, named by all that they depend on."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...arrays import read_arrays
from ...bundle.load import Bundle
from ...checkout import ROOT
from ...files import atomic_write
from ...frontend.log_mel.tables import LogMelTables
from ...lock import file_lock
from ...model.interpreter import Interpreter
from ...sources import sources_of
from .clock import Clock
from .decisions import DecisionSearch, Goal, goals
from .seeds import seed_sounds, window_of
from .table_steps import TableSearch, TableSound, spread_out
from .tensors import TensorSearch

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]

CACHE = ROOT / "cache" / "stimuli"
LOCK = ".lock"
SEED = 65_537
SEARCH_S = 30.0  # for each: windows and decisions. 60 s together
TABLES_S = 60.0


@dataclass(frozen=True)
class Kit:
    """Inputs alone: what is right is computed anew in every run.

    Attributes:
        tensors: int8 [n, frames, bands], n 0 without an interpreter.
        streams: int16 samples of short streams, by the names of the goals they meet.
        decisions_of: how many goals there are, met or not.
        tables: int16 samples, one stream.
        shares: steps of mel shares found, and how many there are.
        entries: the same of the table of logarithms.
    """

    tensors: Int8
    streams: dict[str, Int16]
    decisions_of: int
    tables: Int16
    shares: tuple[int, int]
    entries: tuple[int, int]


def kit_for(bundle: Bundle, interpreter: Interpreter | None, cache: Path = CACHE) -> Kit:
    """The bundle's stimuli, made at most once for a cache folder.

    Args:
        bundle: the bundle in use.
        interpreter: the reference; None makes no windows and no decisions.
        cache: folder that keeps them.
    """
    path = kept_as(bundle, interpreter, cache)
    if path.is_file():
        try:
            return _load(path)
        except (OSError, ValueError, KeyError, TypeError):
            path.unlink(missing_ok=True)  # damaged: made anew
    with file_lock(cache / LOCK):  # of several boards' processes one searches
        if path.is_file():
            return _load(path)
        kit = make_kit(bundle, interpreter)
        keep(kit, path)
    return kit


def make_kit(bundle: Bundle, interpreter: Interpreter | None, limit_s: float = SEARCH_S) -> Kit:
    """Search for all stimuli; `limit_s` each for windows and for decisions."""
    rng = np.random.default_rng(SEED)
    sounds = seed_sounds(bundle, rng)
    tensors = np.empty((0, bundle.frames, bundle.settings.bands), np.int8)
    found: dict[Goal, Int16] = {}
    if interpreter is not None:
        seeds = np.stack([window_of(bundle, sound) for sound in sounds])
        tensors = TensorSearch(bundle, interpreter, rng).run(seeds, Clock(limit_s))
        found = DecisionSearch(bundle, interpreter, rng).run(sounds, Clock(limit_s))
    # Other kinds' tables are small against what a stream of noise reaches.
    is_log_mel = isinstance(bundle.tables, LogMelTables)
    tables = TableSearch(bundle, rng).run(Clock(TABLES_S)) if is_log_mel else TableSound()
    return Kit(
        tensors,
        {_goal_name(bundle, goal): found[goal] for goal in sorted(found)},
        len(goals(bundle)) if interpreter is not None else 0,
        _one_stream(bundle, tables),
        (len(tables.shares), tables.shares_in_all),
        (len(tables.entries), tables.entries_in_all),
    )


def long_stream(bundle: Bundle, columns: int) -> Iterator[Int16]:
    """Noise of changing level whose columns are `columns`, int16, a second a block."""
    rng = np.random.default_rng(SEED)
    samples, rate = bundle.settings.samples_for(columns), bundle.settings.sample_rate
    for at in range(0, samples, rate):
        noise = rng.standard_normal(min(rate, samples - at), np.float32)
        noise *= np.float32(10.0 ** rng.uniform(0, 4))
        yield np.clip(noise, -32768, 32767).astype(np.int16)


def _goal_name(bundle: Bundle, goal: Goal) -> str:
    label = bundle.labels[goal.label]
    by = f" {goal.off_by:+d}" if goal.off_by else ""
    return f"{label!r} at the {goal.edge} threshold{by}"


def _one_stream(bundle: Bundle, tables: TableSound) -> Int16:
    if not tables.pieces:
        return np.zeros(bundle.settings.span, np.int16)
    return spread_out(bundle, np.stack(tables.pieces))


def kept_as(bundle: Bundle, interpreter: Interpreter | None, cache: Path) -> Path:
    """The file that keeps a bundle's stimuli: another name for another bundle, interpreter or search."""
    digest = hashlib.sha256(bundle.model_hash + bundle.frontend_hash + bundle.settings_hash)
    digest.update((interpreter.name if interpreter is not None else "features only").encode())
    for path in sources_of("comparison.stimuli.kit"):
        digest.update(path.read_bytes())
    return cache / f"{digest.hexdigest()}.npz"


def keep(kit: Kit, path: Path) -> None:
    """Write stimuli to a file, whole or not at all."""
    names = list(kit.streams)
    values = {
        "names": names,
        "lengths": [len(kit.streams[name]) for name in names],
        "decisions_of": kit.decisions_of,
        "shares": list(kit.shares),
        "entries": list(kit.entries),
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        tensors=kit.tensors,
        streams=np.concatenate([np.empty(0, np.int16), *kit.streams.values()]),
        tables=kit.tables,
        values=np.array(json.dumps(values)),
    )
    atomic_write(path, buffer.getvalue())


def _load(path: Path) -> Kit:
    data = read_arrays(path, "tensors", "streams", "tables", "values")
    values = json.loads(str(data["values"]))
    cuts = np.cumsum(values["lengths"])[:-1]
    streams = np.split(data["streams"], cuts) if values["names"] else []
    return Kit(
        data["tensors"],
        dict(zip(values["names"], streams, strict=True)),
        values["decisions_of"],
        data["tables"],
        tuple(values["shares"]),
        tuple(values["entries"]),
    )

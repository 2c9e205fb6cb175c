"""The pipeline's steps: download, collect, split, mix, train, qat (with conversion and bundle)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...lock import try_lock
from ...progress import bar, say
from ..dataset.cache import corpus_fingerprint, front_end_fingerprint, mixtures_fingerprint
from ..dataset.heard import load_listener
from ..dataset.mixtures import mix
from ..dataset.split import balance, make_dataset
from ..dataset.store import load_dataset
from ..recordings.catalogue import Catalogue
from ..recordings.collect import collect
from ..recordings.download import Wanted, download
from ..recordings.http import PoliteClient
from ..recordings.on_disk import from_esc50, from_folder, from_manifest, relabelled
from ..recordings.service import checked_api, key_file_inside, key_for, pace_for
from ..recordings.window_scores import read_window_scores
from ..recordings.xeno_canto import XenoCanto
from ..training import produce
from ..training.data import load_data
from ..training.provenance import versions
from ..training.tensorflow_loading import tensorflow
from ..training.whole_run import finish, train_in_steps
from .config import Collect, Config, Download, Mix, PipelineError
from .missing import check_inputs
from .steps import Memory, digest, do_step, files_digest

STEPS = ("download", "collect", "split", "mix", "train", "qat")
DATASET_FILES = ("dataset.json", "windows.npz", "columns.npy")


@dataclass(frozen=True)
class Machine:
    """What the computer and its user give: folder for features, processes, threads, hosts that may get a key."""

    cache: Path
    workers: int = 2
    threads: int = 1
    allowed_hosts: frozenset[str] = frozenset()


def run_pipeline(config: Config, machine: Machine, until: str | None = None) -> list[str]:
    """Run the steps in order, up to and including `until`.

    Returns:
        The steps that were done now; the others had nothing to do.

    Raises:
        PipelineError: another pipeline works in this workspace, there is no such step, or a file to read is missing.
        HilError: a step fails; those before it stay done.
    """
    if until is not None and until not in STEPS:
        raise PipelineError(f"There is no step {until!r}.", f"Choose one of: {', '.join(STEPS)}.")
    with _alone(config.workspace):
        check_inputs(config, mixes=until not in STEPS[: STEPS.index("mix")])
        return _run_steps(_Workspace(config, machine), until)


@contextlib.contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """Two pipelines in one workspace would write the same files at once."""
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / "pipeline.lock").open("a+b") as file:
        if not try_lock(file):
            raise PipelineError(
                f"Another pipeline is at work in {workspace}.",
                "Wait until it is done, or name another workspace in the configuration.",
            )
        yield


def _run_steps(work: _Workspace, until: str | None) -> list[str]:
    done = []
    for name in STEPS:
        step = getattr(work, name)()
        if step is not None:
            inputs, outputs, action = step
            if do_step(work.memory, name, inputs, outputs, action, say):
                done.append(name)
        if name == until:
            break
    return done


Step = tuple[str, Callable[[], str], Callable[[], object]]


class _Workspace:
    """The folders of one pipeline and its steps: inputs' hash, outputs' hash, work."""

    def __init__(self, config: Config, machine: Machine) -> None:
        self.config, self.machine = config, machine
        self.memory = Memory(config.workspace / "state.json")
        self.base = config.workspace / "recordings"
        self.dataset = config.workspace / "dataset"
        self.mixtures = config.workspace / "mixtures"
        self.run = config.workspace / "run"

    @property
    def has_recordings(self) -> bool:
        return bool(self.config.downloads or self.config.collects)

    def _sidecars(self) -> str:
        """Hash of all recordings as their sidecars tell; they hold the content's hash."""
        return files_digest(list(self.base.glob("*/*.json")))

    def download(self) -> Step | None:
        if not self.config.downloads:
            return None
        # What the server lists may grow: a changed query asks again, the same one does not.
        return digest([asdict(each) for each in self.config.downloads]), self._downloaded, self._download

    def _downloaded(self) -> str:
        names = sorted(str(path.relative_to(self.base)) for path in self.base.glob("*/XC*.wav"))
        return digest(names) if names else "missing"

    def _download(self) -> None:
        # All are checked before the first is asked.
        asked = [(each, *self._service(each)) for each in self.config.downloads]
        for each, api, key in asked:
            client = PoliteClient(pace_for(api, each.interval), say, named=self.machine.allowed_hosts)
            wanted = Wanted(self._rate, most=each.most, allow_no_derivatives=each.allow_nd, label=each.label)
            with bar("recordings", None) as report:
                listing = XenoCanto(client, key, api)
                outcome = download(listing, client, each.query, Catalogue(self.base), wanted, report)
            say(f"{outcome.added} added, {outcome.present} there before, {len(outcome.failures)} left out")

    def _service(self, entry: Download) -> tuple[str, str]:
        """The address to ask and the key for it.

        Raises:
            RecordingsError: the configuration would send a key where it does not belong.
        """
        api = checked_api(entry.api, self.machine.allowed_hosts)
        file = key_file_inside(self.config.folder, entry.key_file) if entry.key_file else None
        return api, key_for(api, file)

    @property
    def _rate(self) -> int:
        """Of the recordings: as wide as the front end hears, or the listener, if that is there and hears more."""
        rate, mixed = self.config.recipe.frontend.sample_rate, self.config.mix
        listener = self.config.folder / mixed.listener if mixed else None
        return max(rate, load_listener(listener).rate) if listener and listener.is_file() else rate

    def collect(self) -> Step | None:
        if not self.config.collects:
            return None
        stats = []
        for entry in self.config.collects:
            for source in self._sources(entry):
                stat = source.path.stat() if source.path.is_file() else None
                stats.append(
                    (
                        str(source.path),
                        source.label,
                        source.group,
                        stat and (stat.st_size, stat.st_mtime_ns),
                        source.window_scores,
                    )
                )
        return digest(stats, self._rate), self._collected, self._collect

    def _collected(self) -> str:
        names = sorted(str(path.relative_to(self.base)) for path in self.base.glob("*/*.wav"))
        return digest(names) if names else "missing"

    def _sources(self, entry: Collect) -> Any:

        folder = self.config.folder
        if entry.folder:
            sources = from_folder(folder / entry.folder)
        elif entry.esc50:
            sources = from_esc50(folder / entry.esc50)
        else:
            table = folder / entry.window_scores if entry.window_scores else None
            scores = read_window_scores(table, entry.score_column) if table else None
            sources = from_manifest(folder / entry.manifest, entry.where or {}, scores)
        return relabelled(sources, entry.label or {})

    def _collect(self) -> None:

        # Together, so that equal names from two sources do not meet.
        sources = [each for entry in self.config.collects for each in self._sources(entry)]
        with bar("recordings", len(sources)) as report:
            result = collect(
                sources, Catalogue(self.base), self._rate, workers=self.machine.workers, report=report
            )
        say(f"{result.added} added, {result.present} there before")
        for name, reason in result.failures:
            say(f"left out: {name}: {reason}")

    def split(self) -> Step | None:
        if not self.has_recordings:
            return None
        features = self.config.recipe.features
        inputs = digest(
            self._sidecars(), asdict(self.config.split), features.frames, front_end_fingerprint(features)
        )
        return inputs, lambda: self._dataset_digest(), self._split

    def _dataset_digest(self) -> str:
        return files_digest([self.dataset / name for name in DATASET_FILES])

    def _mixtures_digest(self) -> str:
        return files_digest([self.mixtures / name for name in DATASET_FILES])

    def _split(self) -> None:

        total = sum(1 for _ in Catalogue(self.base))
        with bar("features of recordings", total) as report:
            dataset, told = make_dataset(
                [self.base],
                self.config.recipe.features,
                self.config.split,
                self.dataset,
                self.machine.cache,
                self.machine.workers,
                report,
            )
        for name, reason in told.unreadable:
            say(f"left out: {name}: {reason}")
        for split, label, recordings, windows in balance(dataset):
            say(f"{split:10}  {label:20}  {recordings:5} recordings  {windows:7} windows")

    def mix(self) -> Step | None:
        mixed = self.config.mix
        if mixed is None:
            return None
        files = [self.config.folder / each for each in (mixed.listener, mixed.heard) if each]
        inputs = digest(
            self._dataset_digest(), asdict(mixed.plan), files_digest(files), mixtures_fingerprint()
        )
        return inputs, self._mixtures_digest, lambda: self._mix(mixed)

    def _mix(self, mixed: Mix) -> None:
        listener = self.config.folder / mixed.listener
        with bar("mixtures", mixed.windows) as report:
            made = mix(
                load_dataset(self.dataset),
                [self.base],
                mixed.plan,
                load_listener(listener),
                self.config.folder / mixed.heard if mixed.heard else listener.parent,
                self.mixtures,
                self.config.split.background,
                self.machine.workers,
                report,
            )
        for split, label, recordings, windows in balance(made):
            say(f"{split:10}  {label:20}  {recordings:5} recordings  {windows:7} windows")

    def _data_digest(self) -> str:
        recipe = self.config.recipe
        recorded = self._dataset_digest() if self.has_recordings else ""
        if self.config.mix:
            recorded = digest(recorded, self._mixtures_digest())
        return digest(
            recorded, front_end_fingerprint(recipe.features), corpus_fingerprint() if recipe.synthetic else ""
        )

    def _data(self) -> Any:

        tensorflow(self.machine.threads)
        datasets = [self.dataset] if self.has_recordings else []
        datasets += [self.mixtures] if self.config.mix else []
        return load_data(self.config.recipe, datasets, self.machine.cache, self.machine.workers)

    def train(self) -> Step | None:

        about = asdict(self.config.recipe) | {
            "qat_plan": None,
            "qat_share": None,
            "name": None,
            "description": None,
            "stride": None,
            "false_an_hour": None,
            "background_scenes": None,
            "votes": None,
        }
        return (
            digest(about, self._data_digest(), versions()),
            lambda: files_digest([self.run / "model.h5"]),
            self._train,
        )

    def _train(self) -> None:

        train_in_steps(self.config.recipe, self._data().sets, self.run)

    def qat(self) -> Step | None:

        inputs = digest(
            asdict(self.config.recipe), self._data_digest(), files_digest([self.run / "model.h5"]), versions()
        )
        made = [self.config.bundle / name for name in ("model.tflite", "bundle.json")]
        return inputs, lambda: files_digest(made), self._qat

    def _qat(self) -> None:

        data = self._data()
        model = produce.trained(self.config.recipe, self.run)
        finish(self.config.recipe, data, self.run, model, self.config.bundle)

"""Damaged configurations of a pipeline: each can be run, or is refused; no key goes where it does not belong."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.util import parse_url

from host.errors import HilError
from host.making.pipeline.config import Collect, Config, Download, load_config
from host.making.pipeline.steps import Memory, digest
from host.making.recordings.errors import RecordingsError
from host.making.recordings.on_disk import from_folder, from_manifest, relabelled
from host.making.recordings.service import checked_api, key_file_inside, key_for, pace_for

from .mutate import mutated
from .mutate_json import mutated_json
from .recipe import use_recipe
from .target import Target, check_refusal

KEY = "s3cret-key-of-a-fuzzer"
ALLOWED = "server.example"
OTHERS = (
    "https://server.example/x", "https://SERVER.example./x", "http://server.example", "http://127.0.0.1:9/x",
    "https://xeno-canto.org.evil.example/", "https://xeno-canto.org@evil.example/", "https://evil.example\\@xeno-canto.org/",
    "https://xeno-canto.org:443/api", "https://www.xeno-canto.org", "//xeno-canto.org", "https://xeno-canto.org\t.evil.example",
    "https://evilxeno-canto.org", "https://xеno-canto.org", "ftp://xeno-canto.org", "https://[::1", "https://[fe80::1%25x]/",
    "https://", "https:///x", "https://xeno-canto.org%00.evil.example/", "https://0x7f.1/",
)  # fmt: skip
KEY_FILES = (
    "key.txt",
    "./key.txt",
    "../key.txt",
    "link.txt",
    "/etc/passwd",
    "key.txt/",
    "",
    ".",
    "nothing",
    "a\0b",
)
TABLE = b"file,label,recordist,licence\na.wav,bird,Me,CC0\nb.wav,noise,You,\n"


class PipelineFuzz(Target):
    """Mutations of configurations with every part that one may have, and of the state that a workspace keeps."""

    def __init__(self) -> None:
        download = {
            "query": 'sp:"turdus merula" q:A',
            "label": "bird",
            "most": 50,
            "allow_nd": True,
            "interval": 5.0,
        }
        collect = [
            {"manifest": "list.csv", "where": {"licence": "CC0"}, "label": {"*": "bird"}},
            {"folder": "sounds"}, {"esc50": "esc"},
        ]  # fmt: skip
        split = {
            "shares": [0.5, 0.25, 0.25],
            "left_out": {"source": ["x"]},
            "background": ["noise"],
            "quiet_db": 3.0,
        }
        recipe = {
            "architecture": "separable",
            "float_plan": {"epochs": 4},
            "frontend": {"bands": 32},
            "synthetic": None,
        }
        whole = {
            "workspace": "w", "preset": "tiny", "recipe": recipe, "download": [download], "collect": collect,
            "split": split, "bundle": "models/birds",
        }  # fmt: skip
        others: list[dict[str, Any]] = [
            {"bundle": "b", "download": [download | {"api": api}]} for api in OTHERS
        ]
        others += [
            {"bundle": "b", "download": [download | {"key_file": name, "api": OTHERS[0]}]}
            for name in KEY_FILES
        ]
        corpus = [
            json.dumps(each, ensure_ascii=False).encode()
            for each in (whole, whole, whole, {"bundle": "b"}, *others)
        ]
        super().__init__("pipeline", corpus, mutated_json)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        inside = folder / "inside"
        (inside / "sounds" / "bird").mkdir(parents=True)
        made = {
            inside / "pipeline.json": data, inside / "list.csv": TABLE, inside / "key.txt": KEY.encode(),
            folder / "key.txt": b"not-yours", inside / "sounds" / "bird" / "a.wav": b"RIFF",
            inside / "state.json": _state(rng),
        }  # fmt: skip
        for path, content in made.items():
            path.write_bytes(content)
        (inside / "link.txt").symlink_to(folder / "key.txt")
        try:
            return self._taken(inside, rng)
        finally:
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def _taken(self, inside: Path, rng: random.Random) -> str:
        file = inside / "pipeline.json"
        memory = Memory(inside / "state.json")
        memory.is_done("split", "a", "b")
        try:
            config = load_config(file)
            use_recipe(config.recipe, inside / "recipe.json")
        except HilError as error:
            return check_refusal(error, str(file))
        memory.remember("split", digest(str(config)), "b")
        for entry in config.downloads:
            ask_nobody_else(entry, config, frozenset({ALLOWED}) if rng.random() < 0.5 else frozenset())
        for source in config.collects:
            _sources(source, inside)
        return "loaded"


def ask_nobody_else(entry: Download, config: Config, allowed: frozenset[str]) -> None:
    """Hold what a download would ask, and the key it would show there, to who may have it.

    Raises:
        AssertionError: a server that nobody named, or a file from elsewhere.
    """
    try:
        api = checked_api(entry.api, allowed)
        file = key_file_inside(config.folder, entry.key_file) if entry.key_file else None
        pace_for(api, entry.interval)
        key = key_for(api, file)
    except RecordingsError as error:
        check_refusal(error)
        return
    asked = requests.Request("GET", api).prepare().url or ""
    for found in {urlsplit(asked).hostname, parse_url(asked).host}:
        host = (found or "").rstrip(".")
        if not (host in allowed or f".{host}".endswith(".xeno-canto.org")):
            raise AssertionError(f"{host} would be asked for {api}, and only {sorted(allowed)} may")
    if file is not None and key != KEY:
        raise AssertionError(f"{file} would be shown to {api}")


def _sources(entry: Collect, inside: Path) -> None:
    """The sources in the configuration's own folder: what a damaged name leads to elsewhere is not walked through."""
    name = entry.folder or entry.manifest
    with contextlib.suppress(OSError, ValueError):
        if not name or not (inside / name).resolve().is_relative_to(inside.resolve()):
            return
    try:
        found = (
            from_folder(inside / name) if entry.folder else from_manifest(inside / name, entry.where or {})
        )
        relabelled(found, entry.label or {})
    except RecordingsError as error:
        check_refusal(error)


def _state(rng: random.Random) -> bytes:
    whole = b'{"split": {"inputs": "a", "outputs": "b"}, "train": {"inputs": "c", "outputs": "d"}}'
    return rng.choice((mutated_json, mutated))(whole, [whole], rng)


def make() -> PipelineFuzz:
    """The target."""
    return PipelineFuzz()

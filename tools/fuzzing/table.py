"""Damaged tables of recordings: what `collect` takes in lies in its folder, apart, and can be read again."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import numpy as np

from host.audio.crafted import encoded
from host.errors import HilError
from host.making.recordings.catalogue import ATTRIBUTION, Catalogue
from host.making.recordings.collect import collect
from host.making.recordings.on_disk import from_manifest, relabelled
from host.printable import printable

from .mutate import mutated
from .target import Target, check_refusal

HEADER = "file,label,group,recordist,licence,url,title\n"
ROWS = (
    "a.wav,bird,one,Ann,CC0,https://x.example/1,A song",
    "b.flac,麻雀,two,,CC BY-NC-SA 4.0,,",
    'sub/c.wav,"Сова, ночь",,,,,"two\nlines"',
    "c.wav,Сова,,Боря,https://creativecommons.org/licenses/by/4.0/,,",
    "nothing.wav,bird,,,,,",
)
ODD = (
    "", " ", ".", "..", "../a.wav", "/dev/zero", "/dev/null", "a.wav", "A.WAV", "sub", "sub/../a.wav", "fifo", "con",
    "CON.wav", "nul", "a\0b", "\x1b[2Jx", "\u202eabc", "\ufeffa", "e\u0301", "\u00e9", "ß", "ss", "İ", "ﬁ", "\u200b",
    "x" * 300, "麻" * 200, "a/b", "a\\b", "a:b", "-", "_", ".hidden", "~", "$HOME", "%s", "[/x]", "[red]", "|", "'",
    "=1+1", "🦜", "\ud7ff", "\U000e0041", "喜鹊", "麻雀", '"',
)  # fmt: skip


class TableFuzz(Target):
    """Mutations of CSV manifests beside a few short recordings."""

    def __init__(self) -> None:
        self._files = tempfile.TemporaryDirectory(prefix="fuzz-table-")
        self._here = Path(self._files.name)
        (self._here / "sub").mkdir()
        rng = np.random.default_rng(1)
        for name, kind in (("a.wav", "WAV"), ("b.flac", "FLAC"), ("c.wav", "WAV"), ("sub/c.wav", "WAV")):
            sound = rng.integers(-3000, 3000, 400).astype(np.int16)
            (self._here / name).write_bytes(encoded(sound, 8000, kind))
        table = HEADER + "\n".join(ROWS) + "\n"
        corpus = [
            table.encode(),
            table.replace(",", ";").encode(),
            b"\xef\xbb\xbf" + table.replace("\n", "\r\n").encode(),
        ]
        super().__init__("table", corpus, damaged_table)

    def take(self, data: bytes, rng: random.Random, folder: Path) -> str:
        """See `Target.take`."""
        table, base = self._here / "table.csv", folder / "base"
        table.write_bytes(data)
        try:
            where = {rng.choice(("label", "licence", "nothing", "")): "bird"} if rng.random() < 0.1 else {}
            labels = {"bird": rng.choice(ODD), "*": rng.choice(ODD)} if rng.random() < 0.3 else {}
            sources = relabelled(from_manifest(table, where), labels)
            done = collect(sources, Catalogue(base), workers=1)
        except HilError as error:
            return check_refusal(error)
        else:
            again = collect(sources, Catalogue(base), workers=1)
            self._check(base, done.added)
            if again.added or again.present != done.added + done.present:
                raise AssertionError(f"the second time {again}, the first {done}")
            return "taken in" if done.added else "nothing taken in"
        finally:
            shutil.rmtree(base, ignore_errors=True)

    def _check(self, base: Path, added: int) -> None:
        """What was taken in is all there, and nothing else anywhere."""
        recordings = list(Catalogue(base)) if base.exists() else []
        places = {Catalogue(base).wav_path(each) for each in recordings}
        wavs = set(base.rglob("*.wav")) if base.exists() else set()
        if (
            len(recordings) != added
            or places != wavs
            or any(len(path.relative_to(base).parts) != 2 for path in wavs)
        ):
            raise AssertionError(
                f"{added} added; {sorted(map(str, wavs))} there, {sorted(map(str, places))} told"
            )
        told = (base / ATTRIBUTION).read_text(encoding="utf-8") if recordings else ""
        if printable(told) != told:
            raise AssertionError(f"an attribution that steers a terminal: {ascii(told)[:600]}")


def damaged_table(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Cells of odd text; now and then any damage."""
    if rng.random() < 0.3:
        return mutated(data, others, rng)
    lines = data.decode("utf-8").splitlines()
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randrange(0 if rng.random() < 0.1 else 1, len(lines))
        cells = lines[place].split(",")
        odd = rng.choice(ODD)
        cells[rng.randrange(len(cells))] = f'"{odd}"' if rng.random() < 0.2 else odd
        changed = ",".join(cells)
        lines[place : place + 1] = rng.choice(
            ([changed], [changed], [lines[place], changed], [changed] * 3, [])
        )
        lines = lines or [HEADER.strip()]
        if len(lines) == 1:
            break
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def make() -> TableFuzz:
    """The target."""
    return TableFuzz()

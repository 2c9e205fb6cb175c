"""Sound in which one step more or less of a mel share or of a logarithm's table entry changes a cell.

A cell is some thousand steps of the log-mel wide, so a table that is off by one step changes hardly any cell. Tones
whose log-mel lies exactly on the edge of a cell are looked for: each amplitude's rounding moves it by a step or so.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...core.c_frontend import FrontEnd
from ...core.c_stages import Stages
from ...errors import HilError
from ...frontend.log_mel.tables import LogMelTables
from .clock import Clock
from .quantiser import Quantiser
from .seeds import front_end

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Float = NDArray[np.float64]

TRIED = 64  # amplitudes at a time
DITHERED = 384  # sounds around an edge, each with noise of its own
QUIETEST, LOUDEST = 100.0, 32000.0
DITHER = 1e-4  # of their amplitudes: some ten steps of the log-mel
EDGES = 12  # of cells that are tried for one share
ENTRY_TRIES = 40  # values that are tried for one step of one entry
STEP = (1, -1)


@dataclass
class TableSound:
    """What was found.

    Attributes:
        pieces: int16 [span] each; every one makes a column of its own.
        shares: (index, step) of the mel shares that a piece tells from a wrong one.
        shares_in_all: how many such pairs there are.
        entries: the same for the table of logarithms.
        entries_in_all: how many such pairs there are.
    """

    pieces: list[Int16] = field(default_factory=list)
    shares: set[tuple[int, int]] = field(default_factory=set)
    shares_in_all: int = 0
    entries: set[tuple[int, int]] = field(default_factory=set)
    entries_in_all: int = 0


def spread_out(bundle: Bundle, pieces: NDArray[np.int16]) -> Int16:
    """Pieces, int16 [n, span], one after the other so that each begins with a column."""
    padding = -bundle.settings.span % bundle.settings.hop
    return np.pad(pieces, ((0, 0), (0, padding))).ravel()


class TableSearch:
    """Looks for tones on the edges of cells.

    Shares can be looked for where a column is made of its own samples alone; entries of the table of logarithms, whose
    energy has to be known, where no option of the front end is in use.

    Args:
        bundle: whose front end it is for.
        rng: decides what is tried.
    """

    def __init__(self, bundle: Bundle, rng: np.random.Generator) -> None:
        self._bundle = bundle
        self._tables: LogMelTables = bundle.tables
        self._front_end = front_end(bundle)
        self._quantiser = Quantiser(bundle.tables)
        settings = self._tables.settings
        self._alone = not settings.lead and not settings.pre_emphasis
        self._stages = (
            None
            if settings.has_options
            else Stages(settings, bundle.model.input.scale, bundle.model.input.zero_point)
        )
        self._rng = rng
        self._step = -(-bundle.settings.span // bundle.settings.hop)  # columns from piece to piece
        self._time_s = np.arange(bundle.settings.span) / bundle.settings.sample_rate

    def run(self, clock: Clock) -> TableSound:
        """Search until all is found or the time is over."""
        found = TableSound()
        if self._stages is not None:
            self._seek_entries(self._stages, found, clock)
        shares = range(len(self._tables.shares_q16) if self._alone else 0)
        found.shares_in_all = sum(len(self._changes(share)) for share in shares)
        for share in shares:
            if not clock.out:
                self._seek_share(share, found)
        return found

    # ---- sound

    def _tones(self, hz: float, amplitudes: Float, phase: float) -> Int16:
        """int16 [n, span]."""
        wave = np.sin(2 * np.pi * hz * self._time_s + phase)
        return np.rint(amplitudes[:, None] * wave).astype(np.int16)

    def _dithered(self, hz: float, amplitude: float, phase: float) -> Int16:
        """Tones that are almost the same, int16 [n, span]."""
        around = amplitude * (1 + self._rng.uniform(-DITHER, DITHER, (DITHERED, 1)))
        wave = around * np.sin(2 * np.pi * hz * self._time_s + phase)
        noise = self._rng.uniform(-1, 1, wave.shape) * self._rng.uniform(0, 1, (DITHERED, 1))
        return np.rint(np.clip(wave + noise, -32768, 32767)).astype(np.int16)

    def _columns(self, pieces: Int16, front_end: FrontEnd) -> Int8:
        """The column of each piece, int8 [n, bands]."""
        return front_end.features(spread_out(self._bundle, pieces))[:: self._step][: len(pieces)]

    def _values(self, pieces: Int16) -> Int32:
        """The log-mel of each piece, int32 [n, bands]."""
        return self._front_end.values(spread_out(self._bundle, pieces))[:: self._step][: len(pieces)]

    # ---- the table of logarithms

    def _tops(self) -> list[tuple[float, int]]:
        """For each band the bin in its middle (Hz), and the log-mel of the loudest tone there."""
        settings, found = self._bundle.settings, []
        for band in range(settings.bands):
            hz = self._middle(band)
            value = self._values(self._tones(hz, np.array([LOUDEST]), 0.5))[0, band]
            found.append((hz, int(value)))
        return found

    def _middle(self, band: int) -> float:
        """A frequency that gives most to a band: the first bin above its middle, or the last below."""
        bins = self._tables.segment_bins
        first = self._tables.first_bin + sum(bins[: band + 1])
        return (
            (first if bins[band + 1] else first - 1)
            * self._bundle.settings.sample_rate
            / self._tables.settings.fft
        )

    def _seek_entries(self, stages: Stages, found: TableSound, clock: Clock) -> None:
        entries, tops = len(self._quantiser.octave), self._tops()
        found.entries_in_all = len(STEP) * entries
        for entry in range(entries):
            if not clock.out:
                self._seek_entry(stages, entry, tops, found)

    def _seek_entry(
        self, stages: Stages, entry: int, tops: list[tuple[float, int]], found: TableSound
    ) -> None:
        missing = set(STEP)
        for step in STEP:
            for band, value in self._promising(entry, step, tops):
                if step not in missing:
                    break
                hz, top = tops[band]
                amplitude = LOUDEST * 10 ** ((value - top) / 65536 / 20)
                pieces, values = self._close_to(band, hz, amplitude)
                for other in sorted(missing):
                    piece = self._telling(stages, pieces, values, band, entry, other)
                    if piece is not None:
                        found.pieces.append(piece)
                        found.entries.add((entry, other))
                        missing.discard(other)

    def _promising(self, entry: int, step: int, tops: list[tuple[float, int]]) -> list[tuple[int, int]]:
        """(band, log-mel value) that one step of an entry may make another cell's, the likeliest first."""
        near = (self._quantiser.edges()[:, None] + np.arange(-1, 1)).ravel()
        likely = []
        for band, (_, top) in enumerate(tops):
            least = max(self._tables.floor_q16 + 65536, top - 50 * 65536)
            values = near[(near < top) & (near > least)]
            chances = self._quantiser.chance(values, band, entry, step)
            likely += [
                (-chance, band, value)
                for chance, value in zip(chances, values.tolist(), strict=True)
                if chance
            ]
        return [(band, value) for _, band, value in sorted(likely)[:ENTRY_TRIES]]

    def _telling(
        self, stages: Stages, pieces: Int16, values: Int32, band: int, entry: int, step: int
    ) -> Int16 | None:
        """The first piece whose cell surely is another when an entry is a step off: its energy is looked at."""
        for index in np.flatnonzero(self._quantiser.chance(values, band, entry, step)).tolist():
            segments = stages.mel(stages.rfft(stages.window(pieces[index])))
            row, fraction, value = self._quantiser.interpolated(segments, band)
            if value != values[index]:
                raise HilError(
                    "the core's logarithm is not the one that stimuli are searched with", "report this"
                )
            at = np.array([row], np.int64), np.array([fraction], np.int64)
            if self._quantiser.moves(values[[index]], *at, entry, step)[0]:
                piece: Int16 = pieces[index]
                return piece
        return None

    def _close_to(self, band: int, hz: float, amplitude: float) -> tuple[Int16, Int32]:
        """Tones that are almost the same, and their log-mel in a band [n]."""
        pieces = self._dithered(hz, amplitude, self._rng.uniform(0, 2 * np.pi))
        values = self._values(pieces)
        self._quantiser.check(values, self._columns(pieces, self._front_end))
        return pieces, values[:, band]

    # ---- mel shares

    def _changes(self, share: int) -> list[tuple[int, LogMelTables]]:
        """The tables in which one share is a step off, where such a share exists."""
        shares, found = self._tables.shares_q16, []
        for step in STEP:
            if 0 <= shares[share] + step <= 65535:
                wrong = (*shares[:share], shares[share] + step, *shares[share + 1 :])
                found.append((step, replace(self._tables, shares_q16=wrong)))
        return found

    def _seek_share(self, share: int, found: TableSound) -> None:
        settings = self._bundle.settings
        hz = (self._tables.first_bin + share) * settings.sample_rate / settings.fft
        wrong = {step: FrontEnd(settings, tables=tables) for step, tables in self._changes(share)}
        phase = self._rng.uniform(0.2, np.pi - 0.2)
        wide = np.geomspace(QUIETEST, LOUDEST, TRIED)
        cells = self._columns(self._tones(hz, wide, phase), self._front_end)
        steps = np.argwhere(np.diff(cells.astype(np.int16), axis=0))
        bands = [band for band in self._fed(share) if 0 <= band < settings.bands]
        steps = steps[np.isin(steps[:, 1], bands)]
        for at, band in self._rng.permutation(steps)[:EDGES].tolist():
            if not wrong:
                return
            low, high = wide[at], wide[at + 1]
            for _ in range(2):
                amplitudes = np.linspace(low, high, TRIED)
                cells = self._columns(self._tones(hz, amplitudes, phase), self._front_end)
                edge = np.flatnonzero(np.diff(cells[:, band].astype(np.int16)))
                if not len(edge):
                    break
                low, high = amplitudes[edge[0]], amplitudes[edge[0] + 1]
            pieces = self._dithered(hz, (low + high) / 2, phase)
            cells = self._columns(pieces, self._front_end)
            for step in list(wrong):
                differ = (self._columns(pieces, wrong[step]) != cells).any(axis=1)
                if differ.any():
                    found.pieces.append(pieces[int(np.argmax(differ))])
                    found.shares.add((share, step))
                    del wrong[step]

    def _fed(self, share: int) -> tuple[int, int]:
        """The bands below and above the segment in which a bin lies."""
        segment = int(np.searchsorted(np.cumsum(self._tables.segment_bins), share, "right"))
        return segment - 1, segment

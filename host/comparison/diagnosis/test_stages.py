"""Which stage departs is told by whose columns the outputs follow from, on made-up columns and a made-up model."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ...bundle.load import Bundle
from ...errors import HilError
from ...model.interpreter import Interpreter, Outputs
from . import stages
from .evidence import DiagnosisRecord, Piece
from .fakes_views import LastColumn, cells, file_of, piece_of
from .search import Int8
from .stages import FRONT_END, MIXED, NEITHER, NO_EFFECT, SENDING, compare_stages, device_columns

WINDOWS = 8


def outputs_of(columns: Int8, present: int = WINDOWS) -> Int8:
    return columns[[30 + 7 * window for window in range(present)], :2]


def pieces(
    wrong: list[int], follow: Callable[[int], str], missing: tuple[int, ...] = (), seed: int = 1
) -> Piece:
    """Columns of which those that end some windows are wrong; outputs of "host", "device" or "other", by window."""
    right = cells(31 + 7 * (WINDOWS - 1), 16, seed)
    device = right.copy()
    for window in wrong:
        device[30 + 7 * window, :2] += 9
    ours, own = outputs_of(right), outputs_of(device)
    theirs = {"host": ours, "device": own, "other": ours ^ np.int8(64)}
    answered = np.stack([theirs[follow(window)][window] for window in range(WINDOWS)])
    present = ~np.isin(np.arange(len(right)), missing)
    return piece_of(right, device, present, outputs=(ours, answered))


def verdict(bundle: Bundle, *found: Piece, fresh: Callable[[], Interpreter] = LastColumn) -> stages.Stages:
    record = DiagnosisRecord(bundle, fresh)
    record.files = [file_of(piece, f"{number}.wav") for number, piece in enumerate(found)]
    return compare_stages(record)


HALF = [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("wrong", "follow", "told", "own", "sure"),
    [
        ([], lambda _: "host", "", False, True),
        ([], lambda _: "other", "", False, True),
        (HALF, lambda _: "device", FRONT_END, True, True),
        (HALF, lambda _: "host", SENDING, False, True),
        (HALF, lambda w: "device" if w > 1 else "other", MIXED, True, False),
        (HALF, lambda w: "device" if w > 1 else "host", MIXED, True, False),
        (HALF, lambda w: "host" if w > 1 else "device", MIXED, False, False),
        (HALF, lambda w: "host" if w > 1 else "other", MIXED, False, False),
        (HALF, lambda w: "device" if w > 3 else "host", MIXED, True, False),
    ],
)
def test_the_verdict(
    bundle: Bundle, wrong: list[int], follow: Callable[[int], str], told: str, own: bool, sure: bool
) -> None:
    found = verdict(bundle, pieces(wrong, follow))
    assert (found.verdict, found.own_columns, found.sure) == (told, own, sure)
    assert found.model is (found.device if own else found.host) is not None


def test_outputs_of_neither_side_are_held_against_the_nearer_one(bundle: Bundle) -> None:
    """Nearer by values: one of the two outputs of each window is that of the device's columns, or the host's."""
    for near, own in (("device", True), ("host", False)):
        piece = pieces(HALF, lambda w, near=near: near if w in HALF else "host")  # type: ignore[misc]
        piece.outputs_device[HALF, 0] ^= 64
        found = verdict(bundle, piece)
        assert (found.verdict, found.own_columns, found.sure) == (NEITHER, own, False)


def test_wrong_columns_that_move_no_output_tell_nothing(bundle: Bundle) -> None:
    piece = pieces([], lambda _: "host")
    piece.device[5, 9] += 1
    found = verdict(bundle, piece)
    assert (found.verdict, found.own_columns) == (NO_EFFECT, False)


def test_columns_that_were_not_sent_are_the_hosts_and_their_windows_do_not_count(bundle: Bundle) -> None:
    piece = pieces(HALF, lambda w: "device" if w > 1 else "other", missing=(9,))
    piece.device[[9, 10]] = 99
    np.testing.assert_array_equal(device_columns(piece)[9], piece.expected[9])
    np.testing.assert_array_equal(device_columns(piece)[10], piece.device[10])
    found = verdict(bundle, piece)
    assert found.replayed[0].sound.tolist() == [False, False, *[True] * 6]
    assert found.verdict == FRONT_END
    last = verdict(bundle, pieces(HALF, lambda w: "device" if w < 7 else "other", missing=(79,)))
    assert last.replayed[0].sound.tolist() == [*[True] * 7, False]


@pytest.mark.parametrize(("unsound", "told"), [(4, True), (5, False)])
def test_half_of_the_windows_must_come_out_as_in_the_run(bundle: Bundle, unsound: int, told: bool) -> None:
    piece = pieces(HALF, lambda _: "device")
    piece.outputs_expected[:unsound] ^= 1
    found = verdict(bundle, piece)
    assert (found.verdict == FRONT_END) == told
    assert (found.model is None) == (not told) == (not found.replayed)


def test_windows_that_were_not_sent_do_not_count(bundle: Bundle) -> None:
    piece = pieces(HALF, lambda w: "device" if w != 3 else "other")
    piece.outputs_present[3] = False
    assert verdict(bundle, piece).verdict == FRONT_END


def test_all_files_count(bundle: Bundle) -> None:
    one, other = pieces(HALF, lambda _: "device"), pieces(HALF, lambda _: "host", seed=2)
    assert verdict(bundle, one, other).verdict == MIXED
    right = pieces([], lambda _: "host", seed=3)
    assert verdict(bundle, right, one).verdict == FRONT_END


def test_a_file_without_windows_is_passed_over(bundle: Bundle) -> None:
    short = piece_of(cells(5, 16), cells(5, 16, 2), outputs=(np.empty((0, 2), np.int8),) * 2)
    found = verdict(bundle, short, pieces(HALF, lambda _: "device"))
    assert found.verdict == FRONT_END and found.replayed[0].sound.size == 0
    assert verdict(bundle, short).replayed == []


def test_a_piece_from_the_middle_of_a_file(bundle: Bundle) -> None:
    whole = pieces(HALF, lambda _: "device")
    cut = replace(
        whole,
        first_column=10,
        expected=whole.expected[10:],
        device=whole.device[10:],
        present=whole.present[10:],
        first_window=2,
        outputs_expected=whole.outputs_expected[2:],
        outputs_device=whole.outputs_device[2:],
        outputs_present=whole.outputs_present[2:],
    )
    found = verdict(bundle, cut)
    assert found.verdict == FRONT_END and found.replayed[0].sound.tolist() == [True] * 6


def test_without_a_model_nothing_is_said(bundle: Bundle) -> None:
    def missing() -> Interpreter:
        raise HilError("no interpreter here", "install one")

    piece = pieces(HALF, lambda _: "device")
    nothing = verdict(bundle, piece, fresh=missing)
    record = DiagnosisRecord(bundle, LastColumn, inference=False)
    record.files = [file_of(piece)]
    for found in (nothing, compare_stages(record)):
        assert (found.model, found.replayed, found.verdict, found.own_columns) == (None, [], "", False)
        assert found.sure


def test_equal_columns_are_run_once(bundle: Bundle) -> None:
    runs = []

    class Counting(LastColumn):
        def run(self, windows: Int8) -> Outputs:
            runs.append(len(windows))
            return super().run(windows)

    verdict(bundle, pieces([], lambda _: "other"), fresh=Counting)
    assert runs == [WINDOWS]

"""The check of slot and restart: an honest device holds it, and each fault is noted."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ...bundle.load import Bundle
from ...bundle.model_info import MeasuredInput
from ...detector.argmax import Argmax
from ...detector.detector import Detector
from ...detector.mean_window import MeanWindow
from ...detector.n_of_m import NOfM
from ...errors import HilError
from ...frontend.kinds import settings_from
from ...frontend.presets import copied, fill_fmax, inner_values, preset
from ...link import messages as m
from ...model.interpreter import Interpreter
from ..expected import Expected
from ..fakes import FakeInterpreter, bundle_info
from . import slot
from .conftest import SlotFake
from .overheard import SlotDevice
from .slot import SlotCheck
from .variant import variant, with_changes_at_both_ends, with_thresholds

pytestmark = pytest.mark.native


def _bytes() -> Callable[[int], bytes]:
    """The same ones for device and check."""
    numbers: Iterator[int] = iter(range(1, 9))
    return lambda count: bytes([next(numbers)]) * count


def checked(bundle: Bundle, sound: NDArray[Any], fault: str = "", model: bool = True) -> SlotCheck:
    interpreter: Interpreter | None = FakeInterpreter(bundle) if model else None
    random = _bytes()
    device = SlotFake(bundle, [], fault)
    check = SlotCheck(device, bundle, interpreter, sound, random)
    device.know([check.first, check.second])
    check.run()
    return check


def test_an_honest_board_holds(bundle: Bundle, samples: NDArray[Any]) -> None:
    assert isinstance(SlotFake(bundle, []), SlotDevice)
    for model in (True, False):
        check = checked(bundle, samples, model=model)
        assert (check.slot.wrong, check.restart.wrong) == ([], [])
        assert check.slot.what and check.restart.what


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("begins with a name", "the text of DEPLOY_STATUS as a deployment begins is "),
        ("begins with a byte", "the bytes received as a deployment begins is 1, 0 is right"),
        (
            "refused for ever",
            "a piece behind a deployment that was abandoned brings RECEIVING, ABANDONED, and ",
        ),
        ("refuses without a word", "a damaged image is refused, and DEPLOY_STATUS has no reason in it"),
        ("abandons without a name", "the name in DEPLOY_STATUS is '', "),
        ("received untold", "the bytes received in DEPLOY_STATUS of a deployment is 0, "),
        ("front end stays", "the bytes of the front end's tables"),
        ("thresholds stay", "the bytes of window, thresholds and labels"),
        ("thresholds stay", "its detections are those of the detector compiled in"),
        ("model stays", "the bytes of the model"),
        ("name stays", "INFO says bundle_name"),
        ("hash stays", "INFO says settings_hash"),
        ("source untold", "INFO says bundle_source 0, 1 is right"),
        ("CRC unchecked", "is owed: its CRC-32 is not compared, or not all of it (image_intact"),
        ("SHA unchecked", "is owed: its SHA-256 is not compared, or not all of it (image_intact"),
        (
            "places unheld",
            "a piece that leaves a gap brings RECEIVING, and RECEIVING, REFUSED is owed: where",
        ),
        ("places unheld", "a piece that came before brings RECEIVING, and RECEIVING, REFUSED is owed: where"),
        ("too short", "is owed: what compares its length with the slot's size refuses one that just fits"),
        (
            "last word cut",
            "the bytes received in DEPLOY_STATUS of an image of 1,015 bytes that is no bundle is 1,012",
        ),
        (
            "trial outlives",
            "after a host that tried a bundle was gone: the board runs the bundle deployed last",
        ),
        ("too long", "is owed: what compares its length with the slot's size allows more than there is"),
        ("deploys in a stream", "a deployment in a stream is not refused"),
        ("forgets", "after a restart: the board runs the bundle compiled in"),
        ("forgets", "after a restart: INFO says bundle_source 0, 1 is right"),
        ("counts a crash", "after a restart: the board runs the bundle compiled in"),
    ],
)
def test_a_fault_of_the_slot_is_noted(bundle: Bundle, samples: NDArray[Any], fault: str, words: str) -> None:
    check = checked(bundle, samples, fault)
    assert any(words in text for text in check.slot.wrong), check.slot.wrong
    assert not check.restart.wrong


@pytest.mark.parametrize(
    ("fault", "told", "suspects"),
    [
        (
            "older wins",
            "after a restart: the board runs the bundle deployed first: of two records the older one is used, "
            "whichever half of the slot it lies in; look at what compares their sequence numbers (slot_init in ",
            ("slot_init",),
        ),
        (
            "first half wins",
            "after a restart: the board runs the bundle deployed first: of two records the one in the slot's first "
            "half is used, whichever is newer, and the one in the second half where it is alone: a new record gets no ",
            ("slot_commit", "slot_init"),
        ),
        (
            "number not kept",
            "after a restart: the board runs the bundle deployed first: of two records that were written without a "
            "restart between them the one in the slot's first half is used, and of two with a restart between the ",
            ("slot_commit",),
        ),
        (
            "number not counted up",
            "after a restart: the board runs the bundle deployed first: of two records the one in the slot's first "
            "half is used, whichever is newer, and the one in the second half where it is alone: a new record gets ",
            ("slot_commit", "slot_init"),
        ),
        (
            "second half unseen",
            "after a restart: the board runs the bundle deployed first: the record in the slot's second half is not "
            "used, not even where there is no other: it is not looked at, or not taken for one (slot_init and ",
            ("slot_init", "read_record"),
        ),
        (
            "found by boot alone",
            "after a trial: the board runs the bundle compiled in: the bundle in use before is found again behind a "
            "restart, and not without one: what is kept of a record in memory as it is written is not what a boot ",
            ("slot_commit",),
        ),
        (
            "second half wins",
            "once the first one was deployed again and the board restarted: the board runs the bundle deployed last: "
            "of two records the one in the slot's second half is used, whichever is newer; look at what its sequence ",
            ("slot_init",),
        ),
        (
            "trial stays",
            "after a trial: the board runs the bundle deployed last: a trial that is given up stays until the board "
            "restarts; look at what ends it (session_abandon_deploy in ",
            ("session_abandon_deploy",),
        ),
        (
            "trial kept",
            "after a trial: the board runs the bundle deployed last: what was tried alone is kept, and in use after a "
            "restart, too; look at what writes a record (slot_commit in ",
            ("session_try_deploy", "load_sent"),
        ),
        (
            "overwrites",
            "after a trial: the board runs the bundle deployed last: what was tried was written over the bundle in "
            "use, which is gone after a restart; look at the half of the slot that is written (slot_begin in ",
            ("slot_begin", "other_half"),
        ),
        (
            "refused overwrites",
            "after another refused image and a restart: the board runs the bundle compiled in: an image that was "
            "refused was written over the bundle in use, which is gone after a restart; look at the half of the slot ",
            ("slot_begin", "other_half"),
        ),
    ],
)
def test_why_another_bundle_runs_is_told_first(
    bundle: Bundle, samples: NDArray[Any], fault: str, told: str, suspects: tuple[str, ...]
) -> None:
    """What INFO says besides follows from it."""
    check = checked(bundle, samples, fault)
    assert check.slot.wrong[0].startswith(told)
    assert check.slot.heard is not None and check.slot.heard.suspects == suspects
    assert not any("INFO says bundle_name" in text for text in check.slot.wrong) and not check.restart.wrong


def test_what_info_alone_says_is_no_other_bundle_that_runs(
    bundle: Bundle, samples: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = SlotCheck(SlotFake(bundle, []), bundle, None, samples, _bytes())
    monkeypatch.setattr(check._device, "info", lambda: bundle_info(check.first))
    assert check._expect("now", bundle, 0) is bundle
    assert check.slot.wrong == [
        "now: INFO says that of the bundle deployed first, and the bytes in use are the right one's"
    ]
    monkeypatch.setattr(check._device, "prove", lambda _: None)
    assert check._expect("then", bundle, 0) is check.first
    assert check.slot.wrong[1:] == ["then: the board runs the bundle deployed first"]


def test_a_half_that_is_not_emptied_is_told_first(bundle: Bundle, samples: NDArray[Any]) -> None:
    check = checked(bundle, samples, "half emptied")
    (told, *_) = check.slot.wrong
    assert re.fullmatch(
        r"emptied and restarted: the board runs the bundle deployed (first|last): the half of the slot that holds it "
        r"was not erased when the slot was emptied \(slot_clear in firmware/core/bundle/slot\.c\)",
        told,
    )
    assert check.slot.heard is not None and check.slot.heard.suspects == ("slot_clear",)
    assert not checked(bundle, samples, "forgets").slot.heard.suspects  # type: ignore[union-attr]


@pytest.mark.parametrize("decides", [True, False])
@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("mismatches", [0, 1])
def test_a_detector_that_stays_when_a_bundle_is_deployed_is_told(
    bundle: Bundle,
    samples: NDArray[Any],
    monkeypatch: pytest.MonkeyPatch,
    stays: bool,
    mismatches: int,
    decides: bool,
) -> None:
    """Its detections are by another bundle's thresholds, so that they say nothing of the rule."""
    interpreter = FakeInterpreter(bundle)
    check = SlotCheck(SlotFake(bundle, []), bundle, interpreter, samples, _bytes(), decides=decides)
    right = Expected(check.first, interpreter).push(samples)
    assert right.outputs is not None
    earlier = Detector(bundle.thresholds).update(right.outputs.scores)
    assert earlier != right.changes
    file: Any = SimpleNamespace(
        detection_mismatches=mismatches, host_changes=right.changes, device_changes=earlier if stays else []
    )
    monkeypatch.setattr(slot, "compare_file", lambda *_: file)
    monkeypatch.setattr(slot, "departures", lambda *_: ["something differs"])
    check._compare(check.first, samples)
    told = mismatches and stays and decides  # where those compiled in are wrong, too, it says nothing
    assert check.streamed == [] if told else [(check.first, file)]
    assert [text.partition("its detections ")[2] for text in check.slot.wrong[1:]] == [
        "are those of the detector compiled in, which stays in use"
    ] * bool(told)


ALL_STEPS = (
    *("once deployed", "after refused images", "on trial", "after a trial"),
    "on trial once more",
    *("after a host that tried a bundle was gone", "once another one is deployed", "after a restart"),
    "after another refused image and a restart",
    "once the first one was deployed again and the board restarted",
)


@pytest.mark.parametrize(
    ("fault", "model", "steps", "words"),
    [
        ("source untold", True, ALL_STEPS, "INFO says bundle_source 0, "),
        ("no logits", True, (*ALL_STEPS, "once emptied", "emptied and restarted"), "the board has no LOGITS"),
        ("no logits", False, (), "the board has no LOGITS"),  # whose model does not run
        ("refusing forgets", True, ("after refused images",), "INFO says bundle_source 0"),
        ("emptied late", True, ("once emptied",), "the board runs the bundle deployed first"),
        (
            "second bundle misnamed",
            True,
            (
                *("on trial", "on trial once more", "once another one is deployed", "after a restart"),
                "after another refused image and a restart",
            ),
            "INFO says bundle_name",
        ),
    ],
)
def test_what_a_board_says_of_itself_is_looked_at_after_each_step(
    bundle: Bundle, samples: NDArray[Any], fault: str, model: bool, steps: tuple[str, ...], words: str
) -> None:
    """It may lie at one of them alone."""
    wrong = [text for text in checked(bundle, samples, fault, model).slot.wrong if words in text]
    assert [text.partition(": ")[0] for text in wrong] == list(steps)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("trial is told active", ["a trial brings RECEIVING, ACTIVE, and RECEIVING, TRIAL is owed"] * 2),
        (
            "abandoned is told active",
            [
                "a piece behind a deployment that was abandoned brings RECEIVING, ACTIVE, REFUSED, and RECEIVING, "
                "ABANDONED, REFUSED is owed",
                "the end of a trial brings ACTIVE, and ABANDONED is owed",
            ],
        ),
        ("emptying fails", ["emptying the slot brings REFUSED ('why'), and ACTIVE is owed"]),
        (
            "status names another",  # of two deployments, a trial and its end, another deployment, and the emptied slot
            [
                f"the name in DEPLOY_STATUS is 'another', {name} is right"
                for name in ("first", "second", "first", "second", "first", "bundle")
            ],
        ),
    ],
)
def test_each_answer_to_a_deployment_is_held_against_what_is_owed(
    bundle: Bundle, samples: NDArray[Any], fault: str, told: list[str]
) -> None:
    check = checked(bundle, samples, fault)
    names = {"first": check.first, "second": check.second, "bundle": bundle}
    for name, each in names.items():
        told = [text.replace(f" {name} is", f" {each.name!r} is") for text in told]
    assert check.slot.wrong == told


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "same boot id",
            "the boot id is the same after a restart: the board restarted, for its clock began anew; look",
        ),
        (
            "reason untold",
            "the reset reason is 1, 2 is right: it was so before, too, and is after each of 5: it is",
        ),
        ("clock goes on", "ms of uptime, and it was asked for at most"),
        ("counts go on", "STATUS counts inferences, which is 7, 0 is right"),
    ],
)
def test_a_fault_of_the_restart_is_noted(
    bundle: Bundle, samples: NDArray[Any], fault: str, words: str
) -> None:
    check = checked(bundle, samples, fault)
    assert any(words in text for text in check.restart.wrong), check.restart.wrong
    assert not check.slot.wrong


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ([(1, 2), (2, 2), (2, 2)], None),
        ([(0, 0)] * 3, ": it was 0 before, too, and is after each of 3, so it is never set"),
        ([(0, 0)], ": it was 0 before, too, and is after each of 1, so it is never set"),
        ([(1, 1)] * 2, ": it was so before, too, and is after each of 2: it is always the same"),
        ([(1, 3), (3, 3)], ""),
        ([(1, 1), (1, 2)], ": it is that of the start before, and comes too late"),
    ],
)
def test_reasons_of_restarts_are_read_together(
    bundle: Bundle, reasons: list[tuple[int, int]], told: str | None
) -> None:
    check = SlotCheck(SlotFake(bundle, []), bundle, None, np.zeros(9, np.int16))
    check._restarts.reasons = reasons
    check._restarts.hold_reasons()
    first = next((after for _, after in reasons if after != 2), 0)
    right = f"after a restart on request the reset reason is {first}, 2 is right{told}"
    assert check.restart.wrong == ([] if told is None else [right])


def test_a_boot_id_that_stays_is_told_once_and_with_a_clock_that_goes_on_no_more(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    check = checked(bundle, samples, "same boot id")
    assert len(check.restart.wrong) == 1
    device = SlotFake(bundle, [], "same boot id")
    device._booted_s -= 1000
    device.reset = lambda _=None: device.device_info  # type: ignore[method-assign,assignment]
    check = SlotCheck(device, bundle, None, samples)
    check._restarts.once()
    assert check.restart.wrong[0] == "the boot id is the same after a restart"


def test_a_board_that_does_not_restart_fails_the_restart_and_not_the_slot(
    bundle: Bundle, samples: NDArray[Any]
) -> None:
    """What of the slot's check was not made is not examined, and says why."""

    waits: list[float | None] = []

    class Stubborn(SlotFake):
        def reset(self, timeout_s: float | None = None) -> m.Info:
            waits.append(timeout_s)
            if len(waits) == 2:
                raise HilError("it did not", "press the button")
            return self.device_info

    check = SlotCheck(Stubborn(bundle, []), bundle, None, samples)
    check._device.device.know([check.first, check.second])  # type: ignore[attr-defined]
    with pytest.raises(HilError):
        check.run()
    assert check.restart.wrong[-1] == "it did not" and not check.restart.what
    assert check.restart.ended == "the board failed after 1 restart, in the check of the slot: it did not"
    assert waits == [20.0, 5.0], "one that keeps its boot id is not waited for as long"


def test_a_clock_that_is_known_to_be_fast_is_not_told_again(bundle: Bundle, samples: NDArray[Any]) -> None:
    fast = SlotCheck(SlotFake(bundle, []), bundle, None, samples, rate=1000.0)
    slow = SlotCheck(SlotFake(bundle, []), bundle, None, samples, rate=0.1)
    assert (fast._restarts._rate, slow._restarts._rate) == (1000.0, 1.0)


def test_a_variant_changes_all_that_a_board_can_mix_up(bundle: Bundle, samples: NDArray[Any]) -> None:
    other = with_thresholds(variant(bundle, bytes(16)), FakeInterpreter(bundle), samples)
    assert other.name != bundle.name and len(other.name.encode()) <= 31
    assert other.model_hash != bundle.model_hash and other.model_bytes.startswith(bundle.model_bytes)
    assert other.frontend_hash != bundle.frontend_hash
    assert other.settings_hash != bundle.settings_hash


@pytest.mark.parametrize(
    "name", ["librosa", "librosa-max", "biodcase-2026", "min-max of mfcc", "mean-std of microfrontend"]
)
def test_a_variant_of_normalised_windows_has_other_columns_and_the_same_normaliser(
    bundle: Bundle, name: str
) -> None:
    values = copied(
        preset(name.split()[-1].replace("mfcc", "mlperf-kws").replace("microfrontend", "esphome")).frontend
    )
    if " of " in name:
        values = {"normalisation": name.split()[0], "kind": "normalised", "of": values}
    fill_fmax(inner_values(values))
    made = replace(bundle, settings=settings_from(values))
    assert made.kind.normaliser is not None
    measured = MeasuredInput(**vars(bundle.model.input), normaliser=made.kind.normaliser(made.tables))
    made = replace(made, model=replace(made.model, input=measured))
    first = variant(made, bytes(16))
    second = variant(made, bytes(range(16)), first)
    assert len({each.frontend_image for each in (made, first, second)}) == 3
    for other in (first, second):
        assert other.kind.normaliser is not None
        assert other.kind.normaliser(other.tables) == measured.normaliser
        assert other.kind.linked(other.settings) == made.kind.linked(made.settings)
        assert (other.settings.bands, other.settings.hop) == (made.settings.bands, made.settings.hop)


@pytest.mark.parametrize(
    "detector",
    [
        NOfM(threshold=0.995, release=0.995, n=1, m=2, ignore=()),
        Argmax(threshold=0.995, release=0.995, margin=0.0, ignore=()),
        MeanWindow(cutoff=0.995, windows=1, slices=60, ignore=()),
    ],
    ids=lambda detector: type(detector).__name__,
)
def test_a_detector_of_another_kind_gets_other_figures(
    bundle: Bundle, samples: NDArray[Any], detector: Any
) -> None:
    model = FakeInterpreter(bundle)
    never = replace(bundle, detector=detector)
    made = with_thresholds(never, model, samples)

    def changes(each: Bundle) -> int:
        return len(Expected(each, model).push(samples).changes)

    assert changes(made) >= changes(never) and changes(made) and made.detector != detector
    assert type(made.detector) is type(detector) and made.settings == never.settings


def test_a_class_changes_in_the_first_and_in_the_last_window(bundle: Bundle, samples: NDArray[Any]) -> None:
    model = FakeInterpreter(bundle)
    changed, part = with_changes_at_both_ends(bundle, model, samples)
    done = Expected(changed, model).push(part)
    assert done.outputs is not None and len(part) == changed.settings.samples_for(
        changed.frames + (len(done.outputs.scores) - 1) * changed.stride
    )
    windows = {change.window for change in done.changes}
    assert 0 in windows and len(done.outputs.scores) - 1 in windows
    silent = np.zeros_like(samples)
    same, sound = with_changes_at_both_ends(bundle, model, silent)
    assert same is bundle and sound is silent


@pytest.mark.parametrize("model", [True, False])
def test_thresholds_are_set_where_a_model_runs(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, model: bool
) -> None:
    made: list[tuple[Any, Any]] = []

    def first_of(_: Bundle, mark: bytes, interpreter: Any, sound: Any) -> Any:
        made.append((mark, sound))
        return "variant 1 met" if interpreter is not None else "variant 1"

    def second_of(_: Bundle, mark: bytes, unlike: Any, interpreter: Any, sound: Any) -> Any:
        made.append((mark, unlike))
        return ("variant 2 at the ends", "part") if interpreter is not None else ("variant 2", sound)

    monkeypatch.setattr(slot, "first_variant", first_of)
    monkeypatch.setattr(slot, "second_variant", second_of)
    sound = np.zeros(9, np.int16)
    check = SlotCheck(
        SlotFake(bundle, []), bundle, FakeInterpreter(bundle) if model else None, sound, _bytes()
    )
    first = "variant 1 met" if model else "variant 1"
    assert made == [(b"\1" * 16, sound), (b"\2" * 16, first)]
    found: tuple[Any, ...] = (check.first, check.second, check._ends)
    assert found == (first, *(("variant 2 at the ends", "part") if model else ("variant 2", sound)))

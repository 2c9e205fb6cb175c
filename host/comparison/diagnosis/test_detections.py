"""Each wrong way to decide or to report gives the changes that its words promise; the one that fits is told."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ...detector.detector import Change, Detector
from ...detector.n_of_m import Int8Votes
from ...detector.rule import State
from ...detector.threshold import Int8Thresholds
from . import counting, deciding, detections, heard_scores, resting
from .detections import Rule, explaining_rule, moved_thresholds, right_rule, usual_rules
from .evidence import Before, FileRecord
from .fakes_views import cells, file_of, piece_of
from .search import Int8

RIGHT = Int8Thresholds((40, 50, 45), (10, 20, 5), (True, True, False))
ONE_SIDED = replace(RIGHT, detect=(True, False, False))
WINDOWS = 200
Changes = list[Change]


def scores_of(seed: int = 1, windows: int = WINDOWS) -> Int8:
    """Scores that wander between silence and sure, each class by itself, at times both at once."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-35, 36, (windows, 3))
    steps[::5, 1] = steps[::5, 0]
    steps[:5] = 0
    scores = np.zeros((windows, 3), np.int64)
    for window in range(1, windows):
        scores[window] = np.clip(scores[window - 1] + steps[window], -30, 80)
    for label, (on, off) in enumerate(zip(RIGHT.on, RIGHT.off, strict=True)):
        near = rng.random(windows) < 0.3  # so that a threshold that is off by one shows
        near[:5] = False
        scores[near, label] = rng.choice([on - 1, on, on + 1, off - 1, off, off + 1], int(near.sum()))
    return scores.astype(np.int8)


SCORES = scores_of()
OUTPUTS = np.concatenate([SCORES, cells(WINDOWS, 3, seed=5)], axis=1)


def decided(rule: Any, scores: Int8 = SCORES) -> Changes:
    return Detector(rule).update(scores)


def file_with(device: Changes, scores: Int8 | None = SCORES, name: str = "a.wav", **more: Any) -> FileRecord:
    outputs = OUTPUTS if scores is SCORES else np.empty((0, 6), np.int8)
    piece = piece_of(cells(1, 2), cells(1, 2), outputs=(outputs, outputs))
    expected = decided(RIGHT, scores) if scores is not None else []
    return replace(
        file_of(piece, name, scores=scores, expected_changes=expected, device_changes=device), **more
    )


ALL = decided(RIGHT)


def moved(by: int) -> Changes:
    return [replace(c, window=c.window + by) for c in ALL if 0 <= c.window + by < WINDOWS]


def waiting(on: int, off: int) -> Changes:
    """A class changes at the end of a run of so many windows more than one beyond its threshold."""
    found = []
    for label in (0, 1):
        active, window = False, 0
        row = SCORES[:, label].tolist()
        while window < WINDOWS:
            need = (off if active else on) + 1
            run = row[window : window + need]
            beyond = [s < RIGHT.off[label] if active else s >= RIGHT.on[label] for s in run]
            if len(run) == need and all(beyond):
                active = not active
                found.append(Change(window + need - 1, label, active, row[window + need - 1]))
                window += need
            else:
                window += 1
    return sorted(found)


def one_a_window() -> Changes:
    active, found = [False, False], []
    for window, row in enumerate(SCORES.tolist()):
        wants = [row[k] >= (RIGHT.off[k] if active[k] else RIGHT.on[k]) for k in (0, 1)]
        changing = [k for k in (0, 1) if wants[k] != active[k]]
        if changing:
            label = changing[0]
            active[label] = wants[label]
            found.append(Change(window, label, wants[label], row[label]))
    return found


def rescored(source: Callable[[Change], int]) -> Changes:
    return [replace(change, score=source(change)) for change in ALL]


def by_rule(**changed: Any) -> Changes:
    return decided(replace(RIGHT, **changed))


FIRST_OF_EACH = [c for k, c in enumerate(ALL) if not k or ALL[k - 1].window != c.window]
AT_THE_END = [label for label in (0, 1) if [c.active for c in ALL if c.label == label][-1]]
GIVEN: dict[str, tuple[Changes, str]] = {
    **{f"detections {k} windows late": (moved(k), f"reported {k} windows late") for k in range(2, 21)},
    **{f"detections {k} windows early": (moved(-k), f"reported {k} windows early") for k in (2, 3)},
    "detections 1 window late": (moved(1), "reported 1 window late"),
    "detections 1 window early": (moved(-1), "reported 1 window early"),
    **{f"debounced by {k}": (waiting(k - 1, k - 1), f"after {k} windows in a row") for k in range(2, 6)},
    **{f"on delayed by {k}": (waiting(k, 0), f"only after {k} windows more above its upper") for k in range(2, 6)},
    **{f"off delayed by {k}": (waiting(0, k), f"for {k} windows more below its lower") for k in range(2, 6)},
    "on delayed by 1": (waiting(1, 0), "only after 1 window more above"),
    "off delayed by 1": (waiting(0, 1), "for 1 window more below"),
    "unsigned scores": (
        [
            replace(c, score=(c.score + 256) % 256 - 128)
            for c in Detector(
                replace(RIGHT, on=tuple(v % 256 - 128 for v in RIGHT.on), off=tuple(v % 256 - 128 for v in RIGHT.off))
            ).update((SCORES.astype(np.int16) % 256 - 128).astype(np.int8))
        ],
        "compared as unsigned bytes",
    ),
    "class 0 never detected": ([c for c in ALL if c.label != 0], "class 0 is never detected"),
    "class 1 never detected": ([c for c in ALL if c.label != 1], "class 1 is never detected"),
    **{
        f"thresholds of class {k} for all": (
            by_rule(on=(RIGHT.on[k],) * 3, off=(RIGHT.off[k],) * 3),
            f"the thresholds of class {k} are used",
        )
        for k in range(3)
    },
    **{
        f"upper threshold of class {k} for all": (
            by_rule(on=(RIGHT.on[k],) * 3),
            f"the upper threshold of class {k} is used",
        )
        for k in range(3)
    },
    **{
        f"lower threshold of class {k} for all": (
            by_rule(off=(RIGHT.off[k],) * 3),
            f"the lower threshold of class {k} is used",
        )
        for k in range(3)
    },
    "upper threshold of class 0 +1": (by_rule(on=(41, 50, 45)), "upper threshold of class 0 is off by +1"),
    "upper threshold of class 0 -1": (by_rule(on=(39, 50, 45)), "class 0 is off by -1"),
    "lower threshold of class 0 +1": (by_rule(off=(11, 20, 5)), "lower threshold of class 0 is off by +1"),
    "lower threshold of class 0 -1": (by_rule(off=(9, 20, 5)), "class 0 is off by -1"),
    "upper threshold of class 1 +1": (by_rule(on=(40, 51, 45)), "upper threshold of class 1 is off by +1"),
    "upper threshold of class 1 -1": (by_rule(on=(40, 49, 45)), "class 1 is off by -1"),
    "lower threshold of class 1 +1": (by_rule(off=(10, 21, 5)), "lower threshold of class 1 is off by +1"),
    "lower threshold of class 1 -1": (by_rule(off=(10, 19, 5)), "class 1 is off by -1"),
    "one change a window": (one_a_window(), "at most one class changes in a window"),
    "one told a window": (FIRST_OF_EACH, "only the first change of a window is told"),
    **{
        f"window number {k:+d}": ([replace(c, window=c.window + k) for c in ALL], f"number that is {k:+d}")
        for k in (1, -1, 2, -2, 3, -3)
    },
    "told twice": (sorted([*ALL, *ALL]), "every detection is told twice"),
    "first window not decided": (
        [replace(c, window=c.window + 1) for c in decided(RIGHT, SCORES[1:])],
        "the first window of a stream decides nothing",
    ),
    "score of the window before": (
        rescored(lambda c: int(SCORES[c.window - 1, c.label])),
        "the score of the window before",
    ),
    "logit told as score": (rescored(lambda c: int(OUTPUTS[c.window, 3 + c.label])), "the logit"),
    "threshold told as score": (
        rescored(lambda c: (RIGHT.on if c.active else RIGHT.off)[c.label]),
        "the threshold instead",
    ),
    "score of the next class": (rescored(lambda c: int(SCORES[c.window, c.label + 1])), "of the next class"),
    "score of the first class": (rescored(lambda c: int(SCORES[c.window, 0])), "of the first class"),
    "active inverted": ([replace(c, active=not c.active) for c in ALL], "are exchanged in the report"),
    "only changes to active": ([c for c in ALL if c.active], "only changes to active"),
    "only changes to inactive": ([c for c in ALL if not c.active], "only changes to inactive"),
    "ended with the stream": (
        [*ALL, *(Change(len(SCORES) - 1, label, False, int(SCORES[-1, label])) for label in AT_THE_END)],
        "told to end with its last window",
    ),
}  # fmt: skip


def rules_of(file: FileRecord) -> list[Rule]:
    return [*usual_rules(RIGHT, [file]), *deciding.more_rules(RIGHT)]


def test_the_scores_show_what_is_tried() -> None:
    """Both classes change often, at times in one window, and not in the first ones."""
    assert len(ALL) > 20 and len(FIRST_OF_EACH) < len(ALL) and ALL[0].window > 3
    assert {c.label for c in ALL} == {0, 1}


@pytest.mark.parametrize("cause", GIVEN)
def test_a_rule_gives_what_its_words_say(cause: str) -> None:
    changes, words = GIVEN[cause]
    file = file_with(changes)
    (rule, *others) = [rule for rule in rules_of(file) if rule.cause == cause]
    assert not others and words in rule.explanation
    assert sorted(rule.decide(file, SCORES)) == sorted(changes)


def test_a_class_that_is_loud_at_once_waits_as_long() -> None:
    scores = np.array([[60, 0, 0]] * 3 + [[0, 0, 0]] * 3, np.int8)
    assert detections.patient(RIGHT, scores, 1, 1) == [Change(1, 0, True, 60), Change(4, 0, False, 0)]


def test_no_other_rules_are_tried_on_scores_that_are_right() -> None:
    known = {*GIVEN, "detector not reset", *(v.cause for v in RIGHT.variants())}
    known |= {f"one of {period} lost" for period in range(2, 13)}
    known |= {"first window not told", "last window not told"}
    known |= {rule.cause for rule in (*resting.timed(RIGHT), *resting.lasting_scores(RIGHT))}
    known |= {rule.cause for rule in heard_scores.rules(RIGHT)}
    known |= {
        "0 told as score",
        "0 told as score of ends",
        "score of the window",
        "score of the window at beginnings",  # another one for means alone
        "score of 2 windows before",
        "score of 3 windows before",
        "other threshold told as score",
        "distance told as score",
        "negative score",
        "score as a byte",
        "half the score",
        "score of the class before",
        "largest score of the window",
        "score of the change before",
    }
    known |= {rule.cause for rule in (*counting.by_other_scores(RIGHT), *counting.by_counts(RIGHT))}
    known |= {rule.cause for rule in (*counting.by_crossings(RIGHT), *counting.otherwise(RIGHT))}
    assert {rule.cause for rule in rules_of(file_with(ALL))} == known


@pytest.mark.parametrize("period", range(2, 13))
def test_changes_lost_by_count_go_on_from_file_to_file(period: int) -> None:
    for phase in range(period):
        lost = [c for k, c in enumerate(ALL, 5) if k % period != phase]
        file = file_with(lost, changes_before=5)
        found = [r for r in rules_of(file) if r.decide(file, SCORES) == lost]
        assert f"one of {period} lost" in [rule.cause for rule in found]
        told = next(rule for rule in found if rule.cause == f"one of {period} lost")
        assert told.explanation == f"one in {period} detections of the run is not told"


def test_labels_told_as_others_are_read_from_what_agrees() -> None:
    exchanged = [replace(c, label=1 - c.label) for c in ALL]
    file = file_with(exchanged)
    (rule,) = [rule for rule in rules_of(file) if rule.cause == "wrong label"]
    assert rule.explanation == "detections name another label: class 0 as 1, class 1 as 0"
    assert sorted(rule.decide(file, SCORES)) == sorted(exchanged)
    one = file_with([replace(c, label=2 if c.label == 1 else 0) for c in ALL])
    (rule,) = [rule for rule in rules_of(one) if rule.cause == "wrong label"]
    assert rule.explanation.endswith(": class 1 as 2")


def test_a_detector_that_goes_on_from_the_file_before() -> None:
    state = State(3)
    state.active[0] = True
    before = Before("b.wav", 0, file_with(ALL).piece, state)
    kept = Detector(RIGHT, State(3))
    kept.state.active[0] = True
    changes = kept.update(SCORES)
    file = file_with(changes, before=before)
    assert changes != ALL
    (rule,) = [rule for rule in rules_of(file) if rule.cause == "detector not reset"]
    for _ in range(2):  # what was left over is left as it is
        assert rule.decide(file, SCORES) == changes
    assert rule.decide(file_with(ALL), SCORES) == ALL
    assert rule.cure.startswith("Call detector_reset")


def test_a_change_in_the_first_window_has_no_score_before_it() -> None:
    scores = SCORES[ALL[0].window :]
    right = decided(RIGHT, scores)
    file = file_with(right, scores)
    (rule,) = [rule for rule in rules_of(file) if rule.cause == "score of the window before"]
    assert rule.decide(file, scores)[0] == right[0]


def test_logits_that_were_not_kept_leave_the_score_as_it_is() -> None:
    """Of the file's windows a stretch is kept; of a model without logits none."""
    (rule,) = [rule for rule in rules_of(file_with(ALL)) if rule.cause == "logit told as score"]
    piece = file_with(ALL).piece
    cut = replace(piece, first_window=ALL[2].window, outputs_device=OUTPUTS[ALL[2].window : ALL[6].window])
    found = rule.decide(replace(file_with(ALL), piece=cut), SCORES)
    for change, right in zip(found, ALL, strict=True):
        kept = ALL[2].window <= right.window < ALL[6].window
        assert change.score == (OUTPUTS[right.window, 3 + right.label] if kept else right.score)
    none = replace(piece, outputs_device=SCORES)
    assert rule.decide(replace(file_with(ALL), piece=none), SCORES) == ALL


def test_one_class_alone_has_no_others() -> None:
    one = Int8Thresholds((40,), (10,), (True,))
    causes = {rule.cause for rule in deciding.more_rules(one)}
    assert not any("class" in cause or cause.endswith("a window") for cause in causes)
    causes = {rule.cause for rule in deciding.more_rules(ONE_SIDED)}
    assert "class 0 never detected" in causes and "class 1 never detected" not in causes
    assert "upper threshold of class 0 +1" in causes and "upper threshold of class 1 +1" not in causes
    assert not {"one change a window", "one told a window"} & causes
    two = Int8Thresholds((40, 50), (10, 20), (True, True))
    causes = {rule.cause for rule in deciding.more_rules(two)}
    assert {"class 0 never detected", "one change a window"} < causes
    assert not any("only class" in cause for cause in causes), "that is that the other never is"


def test_of_the_last_class_it_is_told_that_a_loop_may_end_too_early() -> None:
    rules = {rule.cause: rule.explanation for rule in deciding.more_rules(replace(RIGHT, detect=(True,) * 3))}
    assert rules["class 2 never detected"] == (
        "class 2 is never detected, all others rightly: the last class, so that a loop over the classes may end too "
        "early"
    )
    assert rules["only class 1 detected"] == "of all classes class 1 alone is ever detected, and that rightly"
    assert rules["class 1 never detected"] == "class 1 is never detected, all others rightly"


# ---- thresholds that are off


def off_by(on: int, off: int) -> Int8Thresholds:
    return replace(RIGHT, on=tuple(v + on for v in RIGHT.on), off=tuple(v + off for v in RIGHT.off))


def steps_of(upper: Iterable[int], lower: Iterable[int]) -> Int8:
    """Scores at steps around the upper thresholds, then at steps around the lower ones."""
    quiet, loud = [-60, -60, 0], [120, 120, 0]
    rows = [quiet]
    for by in upper:
        rows += [[40 + by, 50 + by, 0], quiet]
    for by in lower:
        rows += [loud, [10 + by, 20 + by, 0], quiet]
    return np.array(rows, np.int8)


def exactly() -> Int8:
    """So that no two thresholds give the same."""
    return steps_of(range(-10, 11), range(-10, 11))


@pytest.mark.parametrize(
    ("on", "off", "cause", "words"),
    [
        (1, 0, "upper threshold +1", "the upper threshold is off by +1; +1 is > instead of >="),
        (-1, 0, "upper threshold -1", "the upper threshold is off by -1"),
        (7, 0, "upper threshold +7", "the upper threshold is off by +7"),
        (0, 1, "lower threshold +1", "the lower threshold is off by +1; +1 is <= instead of <"),
        (0, -5, "lower threshold -5", "the lower threshold is off by -5"),
        (3, 3, "both thresholds +3", "both thresholds are off by +3"),
        (-3, -3, "both thresholds -3", "both thresholds are off by -3"),
        (1, 1, "both thresholds +1", "both thresholds are off by +1; +1 is > instead of >="),
    ],
)
def test_thresholds_that_are_off_by_a_figure(on: int, off: int, cause: str, words: str) -> None:
    scores = exactly()
    file = file_with(decided(off_by(on, off), scores), scores)
    (rule,) = moved_thresholds(RIGHT, [file])
    assert (rule.cause, rule.explanation) == (cause, words)
    assert rule.decide(file, scores) == file.device_changes


@pytest.mark.parametrize(
    ("on", "off", "cause", "words"),
    [
        (7, 0, "upper threshold +5", "off by +5 to +8, which give the same here"),
        (-6, 0, "upper threshold -4", "off by -7 to -4, which give the same here"),
        (0, 7, "lower threshold +5", "off by +5 to +8, which give the same here"),
        (0, -6, "lower threshold -4", "off by -7 to -4, which give the same here"),
        (2, 0, "upper threshold +1", "off by +1 to +4, which give the same here; +1 is > instead of >="),
    ],
)
def test_thresholds_that_give_the_same_are_told_together(on: int, off: int, cause: str, words: str) -> None:
    scores = steps_of(range(-8, 9, 4), range(-8, 9, 4))
    file = file_with(decided(off_by(on, off), scores), scores)
    (rule,) = moved_thresholds(RIGHT, [file])
    assert rule.cause == cause and rule.explanation.endswith(words)


def test_both_thresholds_are_off_by_what_both_allow() -> None:
    """The scores around the upper one would allow one step more."""
    scores = steps_of(range(-8, 9, 4), range(-8, 9))
    file = file_with(decided(off_by(3, 3), scores), scores)
    (rule,) = moved_thresholds(RIGHT, [file])
    assert rule.explanation.startswith("both thresholds are off by +3")


def test_thresholds_beyond_all_scores() -> None:
    always = replace(RIGHT, off=(-128, -128, -128))
    scores = exactly()
    file = file_with(decided(replace(always, on=(-70, -70, -70)), scores), scores)
    (rule, *_) = moved_thresholds(always, [file])
    assert rule.explanation == "the upper threshold is off by -255 to -110, which give the same here"


VOTES = Int8Votes((40,) * 3, (10,) * 3, (True, True, False), 3, 5, 2, 3)


def test_what_is_said_of_single_windows_is_for_rules_that_decide_by_one() -> None:
    file = file_with(decided(off_by(7, 0), exactly()), exactly())
    assert "upper threshold +7" in [rule.cause for rule in usual_rules(RIGHT, [file])]
    file = replace(file, device_changes=decided(replace(VOTES, on=(47,) * 3), exactly()))
    rules = [*usual_rules(VOTES, [file]), *deciding.more_rules(VOTES)]
    by_window = (
        "upper threshold +7",
        "both",
        "debounced",
        "on delayed",
        "off delayed",
        "one change",
        "one told",
    )
    assert not [rule.cause for rule in rules if rule.cause.startswith(by_window)]
    assert {"detections 1 window late", "one of 2 lost"} < {rule.cause for rule in rules}


def test_the_right_thresholds_are_not_told() -> None:
    scores = exactly()
    assert not list(moved_thresholds(RIGHT, [file_with(decided(RIGHT, scores), scores)]))


def test_thresholds_far_off() -> None:
    """Nothing is ever active, or never again inactive."""
    scores = exactly()
    never = file_with([], scores)
    (upper, both) = moved_thresholds(RIGHT, [never])
    assert upper.explanation.endswith("off by +81 to +255, which give the same here")
    assert upper.cause == "upper threshold +81" and both.cause.startswith("both thresholds")
    kept = file_with([c for c in decided(off_by(-12, -255), scores) if c.active], scores)
    causes = [rule.cause for rule in moved_thresholds(off_by(-12, 0), [kept])]
    assert causes[0].startswith("lower threshold -")


def test_a_label_that_is_none_does_not_end_it() -> None:
    assert not list(moved_thresholds(RIGHT, [file_with([Change(3, 7, True, 50)])]))
    assert not list(moved_thresholds(RIGHT, [file_with([Change(3, 3, True, 50)])]))


# ---- which one is told


def test_the_rule_that_gives_all_is_told() -> None:
    changes = moved(3)
    rule = explaining_rule(RIGHT, [file_with(changes)], deciding.more_rules(RIGHT))
    assert rule is not None and rule.cause == "detections 3 windows late"
    other = scores_of(9)
    right = file_with(decided(RIGHT, other), other, "b.wav")
    assert explaining_rule(RIGHT, [file_with(changes), right], deciding.more_rules(RIGHT)) is None


def test_files_whose_scores_are_not_known_are_passed_over() -> None:
    unknown = file_with([Change(1, 0, True, 3)], None, "b.wav")
    rule = explaining_rule(RIGHT, [unknown, file_with(moved(3))], deciding.more_rules(RIGHT))
    assert rule is not None and rule.cause == "detections 3 windows late"


def rules_named(*names: str) -> list[Rule]:
    return [Rule(name, f"{name} is so", "Look", lambda _, __: []) for name in names]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "a is so"),
        ("ab", "a is so; or, which gives the same here: b is so"),
        ("abc", "a is so; or, which gives the same here: b is so; or: c is so"),
        ("abcd", "a is so; or, which gives the same here: b is so; or: c is so; or others"),
        ("abcde", "a is so; or, which gives the same here: b is so; or: c is so; or others"),
    ],
)
def test_rules_that_give_the_same_are_named_together(names: str, told: str) -> None:
    never = replace(RIGHT, detect=(False, False, False))
    file = file_with([], None)
    file = replace(file, scores=np.full((3, 3), 1, np.int8), device_changes=[Change(9, 9, True, 9)] * 4)
    tried = []

    def more() -> Any:
        for rule in rules_named(*names):
            tried.append(rule.cause)
            yield replace(rule, decide=lambda _, __: file.device_changes)

    found = explaining_rule(never, [file], more())
    assert found is not None and found.cause == "a" and found.explanation == told
    assert len(tried) == min(len(names), 4)


def test_none_is_told_where_none_fits() -> None:
    assert explaining_rule(RIGHT, [file_with([Change(9, 9, True, 9)] * 4)], iter(rules_named("a"))) is None
    assert right_rule(RIGHT)(file_with(ALL), SCORES) == ALL

"""Claims over several boards."""

from dataclasses import replace

import pytest

from ...bundle.load import Bundle
from ...link import messages as m
from ..fakes import bundle_info, settle
from ..record import RunRecord, Share
from ..result import RunComparison
from .finding import ClaimKind, Finding, Status, broken, held, not_examined
from .over_boards import find_alike, over_boards
from .table import CLAIMS, judge
from .values import NO_FILE

pytestmark = pytest.mark.native


def shares(bundle: Bundle, *names: str, kind: str = "virtual") -> list[Share]:
    found = []
    for name in names:
        record = RunComparison(kind, bundle, bundle_info(bundle))
        settle(record)
        found.append(Share(name, record))
    return found


def kind_of(findings: dict[int, Finding], required: bool = True) -> ClaimKind:
    """A claim with these findings, by the record's identity."""
    return ClaimKind("x", "x", lambda run: findings[id(run)], lambda _run: required)


def judged(boards: list[Share], *findings: Finding, required: bool = True) -> tuple[bool, Finding]:
    by_record = {id(board.record): each for board, each in zip(boards, findings, strict=True)}
    return over_boards(kind_of(by_record, required), boards)


def test_a_claim_holds_when_it_holds_on_each(bundle: Bundle) -> None:
    boards = shares(bundle, "a", "b", "c")
    assert judged(boards, held("1"), held("1"), held("1")) == (True, held("3 boards: 1"))
    assert judged(boards, held("1"), held("2"), held("1"), required=False) == (False, held("a, c: 1; b: 2"))


def test_one_board_breaks_it_and_is_named(bundle: Bundle) -> None:
    boards = shares(bundle, "a", "b", "c")
    _, found = judged(boards, held("1"), broken("2", "wrong", "very"), not_examined("why"))
    assert found == Finding(Status.BROKEN, "a: 1; b: 2", ("b: wrong", "b: very"))
    _, found = judged(boards, held("1"), held("1"), not_examined("why"))
    assert found == Finding(Status.NOT_EXAMINED, "a, b: 1", ("c: why",))


def test_a_lost_board_and_one_without_files_leave_it_to_the_others(bundle: Bundle) -> None:
    boards = shares(bundle, "a", "b", "c")
    boards[1].lost = "gone"
    _, found = judged(boards, held("1"), not_examined("why"), not_examined(NO_FILE))
    assert found == held("a: 1")
    _, found = judged(boards, held("1"), broken("2", "wrong"), held("1"))
    assert found.status == Status.BROKEN  # what a lost board did wrong counts
    _, found = judged(boards, not_examined(NO_FILE), not_examined("why"), not_examined(NO_FILE))
    assert found.status == Status.NOT_EXAMINED  # nobody is left to decide


def test_what_one_kind_of_board_need_not_hold_the_others_must(bundle: Bundle) -> None:
    boards = [*shares(bundle, "real", kind="esp32"), *shares(bundle, "here")]
    kind = ClaimKind("x", "x", lambda run: held(run.board), lambda run: run.board == "esp32")
    assert over_boards(kind, boards) == (True, held("real: esp32"))
    assert over_boards(kind, boards[1:]) == (False, held("here: virtual"))


def test_boards_that_are_not_alike(bundle: Bundle) -> None:
    run = RunRecord("3 virtual", bundle, m.Info())
    run.shares = shares(bundle, "a", "b", "c")
    assert find_alike(run).status == Status.HELD
    second, third = run.shares[1].record, run.shares[2].record
    second.built_with = {"elf": "1234"}
    assert find_alike(run).status == Status.HELD  # a board that was lost may not have told
    run.shares[0].record.built_with = {"elf": "5678"}
    found = find_alike(run)
    assert found.reasons == ("b runs firmware 1.2.3 1234, a 1.2.3 5678",)
    second.info = replace(second.info, chip="another")  # of another chip it is another firmware
    assert find_alike(run).status == Status.HELD
    third.info = replace(third.info, settings_hash=bytes(32))
    assert find_alike(run).reasons == ("c has another settings_hash than a",)
    third.info = m.Info()  # never reached
    assert find_alike(run).status == Status.HELD
    for share in run.shares:
        share.record.info = m.Info()
    assert find_alike(run).status == Status.NOT_EXAMINED


def test_claims_about_files_are_judged_once(bundle: Bundle) -> None:
    about_files = {kind.name for kind in CLAIMS if not kind.per_board}
    assert about_files == {
        *("completeness", "features", "scores", "logits"),
        *("window-layout", "detections", "witness", "coverage"),
    }
    run = RunRecord("2 virtual", bundle, m.Info())
    run.shares = shares(bundle, "a", "b")
    claims = {claim.name: claim for claim in judge(run)}
    assert claims["proof"].evidence.startswith("2 boards: CRC-32")
    assert claims["features"].reason == NO_FILE
    assert "alike" in claims
    run.shares = []
    assert "alike" not in {claim.name for claim in judge(run)}


def test_limits_of_a_run_are_claims_as_well(bundle: Bundle) -> None:
    """Behind those that every run makes, in the order given."""
    (one,) = shares(bundle, "a")
    run = one.record
    run.further = [
        ClaimKind("quick", "it is quick", lambda _: broken("9 s", "slow"), lambda _: True),
        ClaimKind("small", "it is small", lambda _: held("3 bytes"), lambda _: False),
    ]
    claims = judge(run)
    assert [claim.name for claim in claims] == [*(kind.name for kind in CLAIMS), "quick", "small"]
    quick, small = claims[-2:]
    assert (quick.text, quick.required, quick.status) == ("it is quick", True, Status.BROKEN)
    assert (quick.evidence, quick.reasons) == ("9 s", ("slow",))
    assert (small.required, small.status, small.evidence) == (False, Status.HELD, "3 bytes")


def test_of_many_boards_eight_are_told(bundle: Bundle) -> None:
    boards = shares(bundle, *"abcdefghij")
    findings = [broken(str(at), f"wrong {at}") for at in range(10)]
    _, found = judged(boards, *findings)
    assert found.evidence == "; ".join(
        [*(f"{name}: {at}" for at, name in enumerate("abcdefgh")), "and 2 more"]
    )
    assert found.reasons == (*(f"{name}: wrong {at}" for at, name in enumerate("abcdefgh")), "and 2 more")
    _, found = judged(boards[:8], *findings[:8])
    assert len(found.reasons) == 8 and found.evidence.endswith("; h: 7")


def test_what_is_said_of_a_whole_run_is_asked_of_it(bundle: Bundle) -> None:
    """Of files, whoever compared them, and of how the boards are alike; all else of each board."""
    whole = {kind.name for kind in CLAIMS if not kind.per_board}
    values = {"completeness", "features", "scores", "logits", "window-layout", "detections"}
    assert whole == values | {"witness", "coverage"}
    run = shares(bundle, "run")[0].record
    run.shares = shares(bundle, "a", "b")
    alike = judge(run)[-1]
    assert (alike.name, alike.required, alike.status) == ("alike", True, Status.HELD)

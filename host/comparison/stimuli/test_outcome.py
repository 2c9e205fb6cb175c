"""What is said of the stimuli that were sent, and what several boards reached together."""

from dataclasses import fields

from .outcome import StimuliRecord, of_all


def test_before_anything_is_sent_nothing_was_reached() -> None:
    record = StimuliRecord()
    assert not any(getattr(record, each.name) for each in fields(record) if each.name != "tensors")
    assert (record.tensors.compared, record.tensors.different) == (0, 0)


def test_what_was_reached_in_one_line() -> None:
    record = StimuliRecord(sent=3, sent_of=5, scores=17, decisions=2, decisions_of=6)
    assert record.reached == "3 of 5 windows sent with 17 distinct scores, 2 of 6 scores at thresholds"
    record.logits, record.shares, record.shares_of, record.entries, record.entries_of = 9, 7, 8, 1, 130
    record.decisions_of = 0
    record.shortened = ["no time"]
    assert record.reached == (
        "3 of 5 windows sent with 17 distinct scores and 9 distinct logits, 7 of 8 steps of mel shares, "
        "1 of 130 steps of the logarithm's table, no time"
    )
    assert StimuliRecord(shortened=["a half"]).reached == "noise alone, a half"


def test_several_boards_reach_what_each_of_them_did() -> None:
    one = StimuliRecord(
        sent=4, sent_of=9, scores=3, logits=8, decisions=1, shares=5, entries=6, complete=True
    )
    other = StimuliRecord(
        sent=5, sent_of=0, scores=2, logits=7, decisions=4, shares=4, entries=9, complete=True
    )
    one.shortened, other.shortened = ["a", "b"], ["b", "c"]
    one.inferences, other.inferences = 4, 5
    one.shares_of = 12
    found = of_all([one, None, other])
    assert found is not None and found.complete and found.shortened == ["a", "b", "c"]
    least = (found.sent, found.scores, found.logits, found.decisions, found.shares, found.entries)
    assert least == (4, 2, 7, 1, 4, 6)
    assert (found.sent_of, found.inferences, found.shares_of) == (9, 5, 12), (
        "one may not have learned of them"
    )
    other.complete = False
    again = of_all([one, other])
    assert again is not None and not again.complete
    assert of_all([None]) is None and of_all([]) is None

"""The sentences of findings, one after the other."""

from dataclasses import replace

from .finding import Finding, told_once

ONE = Finding(
    "features",
    "a cause",
    "a.wav, column 1",
    "columns are late; only the sending is off; it depends on more",
    "Look there",
    "5 of 9 cells differ; 3 of 5 are reproduced",
    0.6,
    ("a.wav",),
)


def test_what_holds_for_several_is_told_once() -> None:
    other = replace(
        ONE,
        explanation="columns are 0; only the sending is off; it depends on more",
        pattern="5 of 9 cells differ; 2",
    )
    last = replace(other, explanation="others; and more", cure="Look elsewhere")
    assert [sentence for _, sentence in told_once([ONE, other, last])] == [
        ONE.sentence,
        "a.wav, column 1: columns are 0 (2)",
        "a.wav, column 1: others; and more. Look elsewhere",
    ]
    assert [finding for finding, _ in told_once([ONE, other])] == [ONE, other]
    assert other.sentence.endswith("it depends on more (5 of 9 cells differ; 2). Look there")


def test_the_beginning_of_an_explanation_is_always_told() -> None:
    again = replace(ONE, place="b.wav", explanation="it depends on more; columns are late")
    (_, sentence) = told_once([ONE, again])[1]
    assert sentence == "b.wav: it depends on more; columns are late"

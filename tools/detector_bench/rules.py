"""Which rule over time a bundle should have: for each n of m the lowest threshold that few enough detections begin at.

A rule is chosen by the sources that trainings are chosen on and by synthetic background, and judged on sources and
background that served for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from host.bundle.load import Bundle
from host.detector.n_of_m import NOfM
from host.detector.rule import Int8Rule
from host.detector.settings import Window
from host.making.training.votes import lowest_votes, n_of_m

from .streams import Detections, Stream, detections

VOTES = ((1, 1), (2, 3), (3, 4), (3, 5), (4, 6), (5, 8), (6, 12))
"""n of m windows, a quarter of a second apart in the default bundle."""
MOST_STARTS = 2.0
"""Detections an hour that may begin in sound without a bird."""


@dataclass(frozen=True)
class Choice:
    """A rule and what it makes of the streams it was chosen on.

    Attributes:
        settings: of the detector.
        made: there.
    """

    settings: NOfM
    made: Detections


def rule_of(bundle: Bundle, settings: NOfM) -> Int8Rule:
    """The rule of some settings on a bundle's int8 scores."""
    return settings.rule(bundle.labels, bundle.model.scores, Window(bundle.frames, bundle.stride))


def lowest(
    bundle: Bundle, n: int, m: int, streams: Sequence[Stream], most: float = MOST_STARTS
) -> Choice | None:
    """The n of m of the lowest threshold with at most `most` starts an hour in the streams without a bird.

    None: not even the model's highest score is that seldom.
    """

    def made(settings: NOfM) -> Detections:
        return detections(rule_of(bundle, settings), streams)

    def few_enough(settings: NOfM) -> bool:
        there = made(settings)
        return there.starts <= most * there.hours

    settings = lowest_votes(lambda on: n_of_m(bundle.model.scores, n, m, on), few_enough)
    return Choice(settings, made(settings)) if settings else None


def rule_rows(
    bundle: Bundle, chosen_on: Sequence[Stream], judged: Mapping[str, Sequence[Stream]]
) -> list[str]:
    """For each n of m the rule with few enough starts, and what it makes of the sets it was not chosen on."""
    lines = []
    for n, m in VOTES:
        choice = lowest(bundle, n, m, chosen_on)
        if choice is None:
            lines.append(f"  {n} of {m}: more starts at every threshold")
            continue
        lines.append(f"  {n} of {m} from {choice.settings.threshold:g} on: {choice.made.text()}")
        rule = rule_of(bundle, choice.settings)
        lines += [f"    {name}: {detections(rule, streams).text()}" for name, streams in judged.items()]
    return lines

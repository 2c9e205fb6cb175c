"""Ways to get a rule wrong that several kinds share."""

from collections.abc import Iterator
from dataclasses import replace

from .rule import Int8Rule, Variant

MOST_MOVED = 8


def hysteresis_variants(rule: Int8Rule) -> Iterator[Variant]:
    """Yield one threshold in place of two, and the two exchanged."""
    if rule.on != rule.off:
        yield Variant(
            "hysteresis missing",
            "an active class becomes inactive below the upper threshold: hysteresis is missing",
            replace(rule, off=rule.on),
        )
        yield Variant(
            "lower threshold only",
            "a class becomes active at the lower threshold: hysteresis is missing",
            replace(rule, on=rule.off),
        )
        yield Variant(
            "thresholds exchanged",
            "the two thresholds are exchanged: a class becomes active at the lower, and inactive below the upper one",
            replace(rule, on=rule.off, off=rule.on),
        )


def ignored_variants(rule: Int8Rule) -> Iterator[Variant]:
    """Yield labels reported that the bundle ignores."""
    if not all(rule.detect):
        yield Variant(
            "ignored labels reported",
            "labels that the bundle ignores are reported",
            replace(rule, detect=(True,) * len(rule.detect)),
            "Look at where the detector asks which labels it may report (bundle->detect, in firmware/core/detect), and "
            "at how these are read from the settings block",
        )


def moved_variants(rule: Int8Rule) -> Iterator[Variant]:
    """Yield thresholds, all of them, that are off."""
    for by in (sign * step for step in range(1, MOST_MOVED + 1) for sign in (1, -1)):
        on, off = (tuple(value + by for value in values) for values in (rule.on, rule.off))
        yield Variant(
            f"thresholds {by:+d}", f"the thresholds are off by {by:+d}", replace(rule, on=on, off=off)
        )

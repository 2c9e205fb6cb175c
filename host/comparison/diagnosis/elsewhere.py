"""Rules held against bundles that were deployed: what is wrong with the code is wrong with their thresholds, too."""

from dataclasses import replace
from functools import cached_property
from itertools import chain

from ...detector.rule import Int8Rule
from .deciding import more_rules
from .detections import Rule, by_moved, comes_as_told, reproduces, usual_rules
from .evidence import DiagnosisRecord, FileRecord
from .two_rules import all_pairs


class Elsewhere:
    """What some bundles decided besides the one that is explained.

    Args:
        record: of the run, or of one of those bundles.

    Attributes:
        told: what they decided, with the same kind of detector.
    """

    def __init__(self, record: DiagnosisRecord) -> None:
        self._right = record.bundle.thresholds
        self.told = [
            (bundle, file)
            for bundle, file in record.elsewhere
            if bundle is not record.bundle and type(bundle.thresholds) is type(self._right)
        ]
        self._files = [(bundle.thresholds, file) for bundle, file in self.told]

    @property
    def changes(self) -> int:
        """How many detections they expected and told."""
        return sum(len(file.expected_changes) + len(file.device_changes) for _, file in self._files)

    def narrowed(self, rule: Rule) -> Rule | None:
        """What is left of a rule where these bundles are asked as well; None: they decide otherwise.

        A rule that was read from the run's own detections has no counterpart here, and stays as it is.
        """
        if rule.moved is not None:
            return self._narrowed_thresholds(rule)
        like = [
            (file, rules.get(rule.explanation))
            for (_, file), rules in zip(self._files, self._rules, strict=True)
        ]
        if not all(_gives(each, file) for file, each in like if each is not None):
            return None
        return replace(rule, deployed=sum(each is not None for _, each in like))

    @cached_property
    def _rules(self) -> list[dict[str, Rule]]:
        """All rules of each bundle, by what is said of them."""
        return [
            {
                rule.explanation: rule
                for rule in chain(
                    usual_rules(right, [file]), more_rules(right, [file]), all_pairs(right, [file])
                )
            }
            for right, file in self._files
        ]

    def _narrowed_thresholds(self, rule: Rule) -> Rule | None:
        """The figures around the least that still give all detections."""
        moved = rule.moved
        assert moved is not None
        fits = {
            by
            for by in range(moved.low, moved.high + 1)
            if all(self._moved(rule, *each, by) for each in self._files)
        }
        if not fits:
            return None
        low = high = min(fits, key=abs)
        while low - 1 in fits:
            low -= 1
        while high + 1 in fits:
            high += 1
        left = by_moved(self._right, replace(moved, low=low, high=high))
        return replace(left, deployed=len(self._files))

    def _moved(self, rule: Rule, right: Int8Rule, file: FileRecord, by: int) -> bool:
        assert rule.moved is not None
        return _gives(replace(rule, decide=rule.moved.decides(right, by)), file)


def _gives(rule: Rule, file: FileRecord) -> bool:
    return comes_as_told(rule, [file]) and reproduces(rule.decide, [file])

"""Change points of series, by Apache Otava. Runs in an environment of its own, on the standard library and Otava alone.

Standard input: JSON lists of numbers. Standard output: for each list its change points, [index, before, after].
"""

import json
import sys

WINDOW = 50
MOST_P = 0.001


def main() -> None:
    """Read series, write change points."""
    from otava.analysis import compute_change_points

    found = []
    for series in json.load(sys.stdin):
        points, _ = compute_change_points(list(map(float, series)), WINDOW, MOST_P)
        found.append([[point.index, point.stats.mean_1, point.stats.mean_2] for point in points])
    json.dump([[[int(a), float(b), float(c)] for a, b, c in each] for each in found], sys.stdout)


if __name__ == "__main__":
    main()

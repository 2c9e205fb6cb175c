"""Times and sizes in units that suit them."""

MILLISECONDS_FROM = 10_000  # µs: where four digits no longer suffice


def time_unit(largest_us: float) -> tuple[str, float]:
    """Return the unit for times up to `largest_us`, and how many µs it has."""
    return ("ms", 1000.0) if largest_us >= MILLISECONDS_FROM else ("µs", 1.0)


def digits(value: float) -> str:
    """Return a number in at most six characters up to 9,999: 0.123, 12.34, 123.4, 1,234."""
    for limit, places in ((9.9995, 3), (99.995, 2), (999.95, 1)):
        if abs(value) < limit:
            return f"{value:.{places}f}"
    return f"{value:,.0f}"

"""Entry of `python -m host`. Kept readable for old Pythons, so that they can say what is needed."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.stderr.write(
        "error: this program needs Python 3.10 or newer, this is %d.%d\n" % sys.version_info[:2]  # noqa: UP031
        + "  -> use `python3 tools/run.py`, which looks for one\n"
    )
    sys.exit(2)

from .cli import main

if __name__ == "__main__":
    sys.exit(main())

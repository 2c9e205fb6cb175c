"""`python -m host generate`: the C headers of a bundle. Runs in any Python 3.10 without third-party packages."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the headers go")


def run(args: argparse.Namespace) -> int:
    """Write the headers whose text changed, and name them."""
    from host.bundle.headers import generate
    from host.bundle.load import load_bundle

    bundle = load_bundle(args.bundle)
    written = generate(bundle, args.out)
    names = ", ".join(path.name for path in written)
    print(f"{bundle.name}: {'wrote ' + names if written else 'no change'}")
    return 0


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from host.cli import main

    sys.exit(main(["generate", *sys.argv[1:]]))

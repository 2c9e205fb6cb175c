"""`python -m host generate`: the C headers of a bundle. Firmware builds call it through generate_headers.py."""

import argparse

from ..build.headers import generate
from ..bundle.load import load_bundle
from ..given import place
from ..printable import out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--bundle", type=place, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="where the headers go")


def run(args: argparse.Namespace) -> int:
    """Write the headers whose text changed, and name them."""

    bundle = load_bundle(args.bundle)
    written = generate(bundle, args.out)
    names = ", ".join(path.name for path in written)
    out(f"{bundle.name}: {'wrote ' + names if written else 'no change'}")
    return 0

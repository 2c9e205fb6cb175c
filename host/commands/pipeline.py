"""`python -m host pipeline CONFIG`: from recordings to a bundle, step by step, doing only what is not done yet."""

from __future__ import annotations

import argparse

from ..disk import check_writable
from ..given import AT_ONCE, place
from ..making.dataset.cache import DEFAULT_CACHE
from ..making.pipeline.config import load_config
from ..making.pipeline.workspace import Machine, run_pipeline
from ..making.recordings.service import named_hosts
from .allow_api import add_allow_api
from .training_options import add_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "config", type=place, help="JSON file that names the steps; see host/making/pipeline/config.py"
    )
    parser.add_argument("--until", metavar="STEP", help="stop after this step")
    parser.add_argument(
        "--cache", type=place, metavar="DIR", help="folder for computed features (default: cache/)"
    )
    parser.add_argument(
        "--workers", type=AT_ONCE, default=2, help="processes that compute features (default: 2)"
    )
    add_allow_api(parser)
    add_threads(parser)


def run(args: argparse.Namespace) -> int:
    """Do the steps; 0 when all are done."""

    machine = Machine(args.cache or DEFAULT_CACHE, args.workers, args.threads, named_hosts(args.allow_api))
    config = load_config(args.config)
    check_writable(config.workspace, config.bundle)
    run_pipeline(config, machine, args.until)
    return 0

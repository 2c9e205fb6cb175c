"""`python -m host corpus`: synthetic sound in WAV files, from a seed."""

from __future__ import annotations

import argparse

from ..errors import HilError
from ..files import atomic_write
from ..given import SHARE, Number, Whole, place
from ..making.corpus import testset
from ..making.corpus.audibility import BIRD, NO_BIRD, window_label
from ..making.corpus.scene import generator, make_scene
from ..making.corpus.wav_files import Row, wav_bytes, write_table
from ..printable import counted, out

MOST_SILENCE_S = 3.0  # digital silence in a file: it tests little, and of a long file it was a third


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--out", type=place, required=True, metavar="DIR", help="folder for the WAV files and labels.csv"
    )
    parser.add_argument(
        "--seconds", type=Number(0.1, 360_000.0), default=60.0, help="seconds of sound in all (default: 60)"
    )
    parser.add_argument(
        "--file-seconds", type=Number(0.1, 3_600.0), default=10.0, help="length of each file (default: 10)"
    )
    parser.add_argument(
        "--rate", type=Whole(4_000, 96_000), default=8000, help="sample rate in Hz (default: 8000)"
    )
    parser.add_argument(
        "--seed", type=Whole(0, 1 << 63), default=1, help="the same seed gives the same sound (default: 1)"
    )
    parser.add_argument(
        "--bird-share", type=SHARE, default=0.5, help="share of files with a singing bird (default: 0.5)"
    )
    parser.add_argument(
        "--test-set", action="store_true", help="write the bundle's fixed set of hard cases instead"
    )


def run(args: argparse.Namespace) -> int:
    """Write the files; 0 when done."""
    try:
        if args.test_set:
            rows = testset.write_test_set(args.out, args.seed, args.rate)
        else:
            rows = []
            total = round(args.seconds * args.rate)
            each = round(args.file_seconds * args.rate)
            for index, first in enumerate(range(0, total, each)):
                rng = generator(args.seed, 2, index)
                scene = make_scene(
                    rng,
                    args.file_seconds,
                    args.rate,
                    with_bird=bool(rng.random() < args.bird_share),
                    silence_s=MOST_SILENCE_S,
                )
                samples = scene.samples[: total - first]
                label = window_label(scene.audible_db, args.rate, 0, len(samples))
                name = f"synthetic-{args.seed}-{index:05d}.wav"
                atomic_write(args.out / name, wav_bytes(samples, args.rate))
                bird = "yes" if label == BIRD else "no" if label == NO_BIRD else "unsure"
                rows.append(Row(name, len(samples) / args.rate, bird, " ".join(scene.parts), ""))
            write_table(args.out, rows)
    except OSError as error:
        raise HilError(
            f"{args.out} cannot be written: {error}.", "Choose a folder with room that you may write to."
        ) from error
    out(f"{counted(len(rows), 'file')}, {sum(row.seconds for row in rows):.1f} s of sound in {args.out}")
    return 0

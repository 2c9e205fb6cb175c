"""The history of a training: a CSV table and a picture."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ...files import atomic_write
from .fit import Row


def write_history(rows: list[Row], path: Path) -> None:
    """Write one line an epoch to the CSV file `path`, and the curves beside it as PNG."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else ["epoch"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"{value:.6g}" for name, value in row.items()})
    atomic_write(path, buffer.getvalue())
    if rows:
        _plot(rows, path.with_suffix(".png"))


def _plot(rows: list[Row], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [row["epoch"] for row in rows]
    left, right = figure.subplots(1, 2)
    for axes, names in ((left, ("loss", "val_loss")), (right, ("val_auc", "val_ap"))):
        for name in names:
            axes.plot(epochs, [row[name] for row in rows], label=name)
        axes.set_xlabel("epoch")
        axes.legend()
        axes.grid(alpha=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    atomic_write(path, buffer.getvalue())

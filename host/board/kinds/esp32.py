"""An ESP32 development kit behind a USB bridge."""

from pathlib import Path

from ..choice import BoardChoice
from ..interface import BoardKind
from .serial_line import SerialBoard, chip_board

ENVIRONMENT = "esp32dev"


def _make(choice: BoardChoice, _bundle_dir: Path) -> SerialBoard:
    return chip_board(choice, ENVIRONMENT)


KIND = BoardKind("esp32", _make, environment=ENVIRONMENT, firmwares=("esp32",))

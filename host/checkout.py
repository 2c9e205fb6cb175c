"""Where this checkout lies, and the folders in it that more than one module needs. Standard library only."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware"
CORE = FIRMWARE / "core"
DEFAULT_BUNDLE = ROOT / "models" / "default"

"""What the floor plan in pyproject.toml says, read once for the tests of this folder."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}


def floor_of() -> dict[str, int]:
    """Return app -> floor, 0 at the bottom, from the import contract's list of layers."""
    layers: list[str] = CONTRACTS["floors"]["layers"]
    return {
        word.strip(" ()"): height
        for height, layer in enumerate(reversed(layers))
        for word in layer.split("|")
    }


def sources() -> list[Path]:
    """Return every Python file of the apps, migrations left out."""
    return [
        file
        for app in floor_of()
        for file in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in file.parts
    ]

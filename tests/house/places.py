"""Where the parts of the project lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("analysis", "ari_bridge", "consent", "dialplan")
KEPT_OUT: Final = frozenset(
    {
        ".cache", ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv",
        "__pycache__", "build", "demo-out", "dist", "out",
    }
)  # fmt: skip
"""Folders that tools fill; nobody writes there."""


def sources() -> Iterator[Path]:
    """Every Python file of the product, as a path from ROOT."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT)


def texts() -> Iterator[Path]:
    """Every text file that a person of the project wrote, as a path from ROOT."""
    for file in _files(ROOT):
        if file.suffix in {".py", ".md", ".toml", ".txt", ".conf", ".yaml", ".yml", ".json", ".svg", ""}:
            yield file.relative_to(ROOT)


def _files(folder: Path) -> Iterator[Path]:
    for one in sorted(folder.iterdir()):
        if one.name in KEPT_OUT or one.name.endswith(".egg-info") or one.is_symlink():
            continue
        if one.is_dir():
            yield from _files(one)
        else:
            yield one

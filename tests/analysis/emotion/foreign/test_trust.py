"""What was confirmed, as a value."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from analysis.emotion.foreign.trust import MAX_FILES, TrustedFolder, digest_of
from consent.errors import InvalidValue

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        (Path("srv"), {"a": SHA}),
        (Path("/srv"), {}),
        (Path("/srv"), {f"{at}": SHA for at in range(MAX_FILES + 1)}),
        (Path("/srv"), {"../a": SHA}),
        (Path("/srv"), {"/etc/passwd": SHA}),
        (Path("/srv"), {"a//b": SHA}),
        (Path("/srv"), {".": SHA}),
        (Path("/srv"), {"": SHA}),
        (Path("/srv"), {"a\0b": SHA}),
        (Path("/srv"), {"a": "AB" * 32}),
        (Path("/srv"), {"a": "ab"}),
    ],
)
def test_what_is_no_confirmation_is_none(folder: Path, files: dict[str, str]) -> None:
    """Law: a path that leads out of the folder, or a digest that is none, never becomes a confirmation."""
    with pytest.raises(InvalidValue):
        TrustedFolder(folder, files, date(2026, 1, 5))


def test_the_digest_is_that_of_sha256sum() -> None:
    """Law: an admin can compute the digest elsewhere, with `sha256sum` alone."""
    lines = f"{'cd' * 32}  a b\n{SHA}  sub/c\n".encode()
    assert digest_of({"sub/c": SHA, "a b": "cd" * 32}) == hashlib.sha256(lines).hexdigest()
    assert TrustedFolder(Path("/srv"), {"sub/c": SHA, "a b": "cd" * 32}, date(2026, 1, 5)).digest == digest_of(
        {"a b": "cd" * 32, "sub/c": SHA}
    )

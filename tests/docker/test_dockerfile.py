"""The reader of Dockerfiles that the check uses."""

from pathlib import Path

import pytest

from tests.docker.dockerfile import Instruction, pair, read, words


def test_lines_are_joined_and_comments_left_out(tmp_path: Path) -> None:
    """Law: a continued line is one instruction."""
    (tmp_path / "Dockerfile").write_text('FROM a\n# no\nRUN one \\\n && two\nCMD ["x"]\n', encoding="utf-8")
    assert read(tmp_path / "Dockerfile") == [
        Instruction("FROM", "a"),
        Instruction("RUN", "one   && two"),
        Instruction("CMD", '["x"]'),
    ]


def test_an_unknown_instruction_is_refused(tmp_path: Path) -> None:
    """Law: what the check would not carry out, it does not pass over."""
    (tmp_path / "Dockerfile").write_text("FROM a\nADD x y\n", encoding="utf-8")
    with pytest.raises(ValueError, match="ADD"):
        read(tmp_path / "Dockerfile")


def test_values() -> None:
    """Law: quotes are taken off, lists are JSON."""
    assert pair('A="b c"') == ("A", "b c")
    assert pair("A") == ("A", "")
    assert words('["a", "b"]') == ["a", "b"]

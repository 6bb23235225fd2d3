"""Laws of what is ours at a FreeSWITCH."""

from pathlib import Path

import pytest

from consent.errors import InvalidValue
from dialplan.freeswitch.side import Side, is_own_prompt, is_own_text, prompt_file
from tests.dialplan.freeswitch.switch_folder import HOOK, side, texts


def test_without_a_language_there_is_none() -> None:
    """Law: a caller is asked in some language, or not at all."""
    with pytest.raises(InvalidValue):
        Side(texts, HOOK, ())


def test_a_file_lies_where_ours_lie() -> None:
    """Law: a renderer cannot write over an admin's file."""
    assert set(side().files("p")) == set(texts("p"))
    for name in (
        "dialplan/default.xml",
        "ouidire/../vars.xml",
        "../ouidire/gate.lua",
        "/etc/passwd",
        "ouidire/a/b.lua",
    ):
        strange = Side(lambda _, name=name: {name: ""}, HOOK, ("en",))
        with pytest.raises(InvalidValue, match="no file of ours"):
            strange.files("p")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("ouidire/sounds/en/notice.wav", True),
        ("ouidire/sounds/en/other.wav", False),
        ("ouidire/sounds/en/notice.txt", False),
        ("ouidire/sounds/notice.wav", False),
        ("sounds/ouidire/en/notice.wav", False),
    ],
)
def test_a_recording_of_ours_is_known_by_its_name(name: str, is_one: bool) -> None:
    """Law: one of our prompts, in a folder of ours, and nothing else."""
    assert is_own_prompt(name) == is_one
    assert not is_own_text(name)


def test_a_prompt_lies_by_its_language() -> None:
    """Law: where a prompt is put is where one of ours is known."""
    file = prompt_file(Path("/etc/freeswitch"), "fr", "notice")
    assert file == Path("/etc/freeswitch/ouidire/sounds/fr/notice.wav")
    assert is_own_prompt(str(file.relative_to("/etc/freeswitch")))

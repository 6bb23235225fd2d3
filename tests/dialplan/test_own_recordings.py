"""Laws of the site's own prompts."""

from datetime import date
from pathlib import Path

import pytest

from dialplan.own_recordings import PromptsRefused, add, check_new, language_faults, read_folder, read_prompt
from dialplan.recordings import NAMES, NOTICE, Prompt, Recordings
from tests.dialplan.made_sounds import wav

TODAY = date(2026, 11, 22)
NOTICE_OF_OURS = Prompt(b"We measure your tone.", wav(8))


def whole_language(folder: Path) -> Path:
    """A folder with every prompt of a language, as an admin would bring it."""
    folder.mkdir()
    for name in NAMES:
        seconds = {NOTICE: 8.0, "no": 1.0, "yes": 3.0, "reference": 4.0, "no_reference": 4.0}.get(name, 0.5)
        (folder / f"{name}.wav").write_bytes(wav(seconds))
        (folder / f"{name}.txt").write_text(f"says {name}\n")
    return folder


def test_a_new_language_is_added_whole(tmp_path: Path) -> None:
    """Law: with every prompt there, attested, a language that is not shipped can be used."""
    recordings = Recordings(tmp_path / "own")
    add(recordings, "pt", read_folder(whole_language(tmp_path / "given")), "Ada Example", TODAY)
    assert "pt" in recordings.languages()
    assert recordings.text("pt", "keys") == "says keys"
    assert not list(language_faults(recordings, "pt"))


def test_a_new_language_in_part_is_refused(tmp_path: Path) -> None:
    """Law: nobody is asked in a language in which the answer would be silence; nothing is written."""
    recordings = Recordings(tmp_path / "own")
    with pytest.raises(PromptsRefused, match=r"pt lacks more, keys, .*--from FOLDER"):
        add(recordings, "pt", {NOTICE: NOTICE_OF_OURS}, "Ada Example", TODAY)
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("language", ["PT", "p", "port", "../x", "pt-BR", "p1"])
def test_a_language_is_named_as_asterisk_does(tmp_path: Path, language: str) -> None:
    """Law: no other name becomes a folder."""
    with pytest.raises(PromptsRefused, match="letters"):
        check_new(Recordings(tmp_path), language, {NOTICE: NOTICE_OF_OURS})


def test_a_bad_recording_is_refused_by_name(tmp_path: Path) -> None:
    """Law: each fault of each recording is said at once, and nothing is written."""
    with pytest.raises(PromptsRefused) as refused:
        check_new(Recordings(tmp_path), "en", {NOTICE: Prompt(b"x", wav(13)), "more": Prompt(b"x", wav(5, level=0))})
    assert [reason.split()[0] for reason in refused.value.reasons] == ["notice.wav", "more.wav"]


def test_a_slow_no_is_refused(tmp_path: Path) -> None:
    """Law: own recordings cannot make a refusal wait longer than a yes, together with the shipped ones."""
    with pytest.raises(PromptsRefused, match="must not wait longer than a yes"):
        check_new(Recordings(tmp_path), "en", {"yes": Prompt(b"Yes.", wav(1))})


def test_a_second_word_replaces_the_first(tmp_path: Path) -> None:
    """Law: a prompt given again is attested anew; the others keep who attested them."""
    recordings = Recordings(tmp_path)
    add(recordings, "en", {NOTICE: NOTICE_OF_OURS, "more": NOTICE_OF_OURS}, "Ada Example", TODAY)
    add(recordings, "en", {"more": Prompt(b"More.", wav(9))}, "Bo Example", TODAY)
    attested = {name: recordings.prompt("en", name).attested for name in (NOTICE, "more")}
    assert [one.by for one in attested.values() if one] == ["Ada Example", "Bo Example"]


def test_a_changed_neighbour_is_not_blessed(tmp_path: Path) -> None:
    """Law: attesting one prompt attests no other: one that was changed since is refused until it is given again."""
    recordings = Recordings(tmp_path)
    add(recordings, "en", {NOTICE: NOTICE_OF_OURS}, "Ada Example", TODAY)
    (tmp_path / "en" / "notice.txt").write_text("Something else.")
    with pytest.raises(PromptsRefused, match="Ada Example"):
        add(recordings, "en", {"more": Prompt(b"More.", wav(9))}, "Bo Example", TODAY)
    assert "Ada Example" in next(language_faults(recordings, "en"))


def test_a_site_without_a_folder_adds_nothing() -> None:
    """Law: recordings are kept only where the settings say."""
    with pytest.raises(PromptsRefused, match=r"notice\.folder"):
        add(Recordings(), "en", {NOTICE: NOTICE_OF_OURS}, "Ada Example", TODAY)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Law: a file in the folder's place is one sentence."""
    (tmp_path / "own").write_text("in the way")
    with pytest.raises(PromptsRefused, match="own"):
        add(Recordings(tmp_path / "own"), "en", {NOTICE: NOTICE_OF_OURS}, "Ada Example", TODAY)


def test_what_is_given_is_read_with_care(tmp_path: Path) -> None:
    """Law: a misspelt name, a recording without its text, a text that is none, an empty folder: a sentence each."""
    with pytest.raises(PromptsRefused, match="holds no prompt"):
        read_folder(tmp_path)
    with pytest.raises(PromptsRefused, match="is no folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "notise.wav").write_bytes(wav())
    (tmp_path / "more.wav").write_bytes(wav())
    with pytest.raises(PromptsRefused, match=r"notise is no prompt; did you mean notice\?") as refused:
        read_folder(tmp_path)
    assert any("more.txt is missing" in reason for reason in refused.value.reasons)
    (tmp_path / "more.txt").write_bytes(b" \n")
    with pytest.raises(PromptsRefused, match="must hold what is said"):
        read_prompt(tmp_path / "more.wav", tmp_path / "more.txt")
    (tmp_path / "more.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptsRefused, match="UTF-8"):
        read_prompt(tmp_path / "more.wav", tmp_path / "more.txt")
    with pytest.raises(PromptsRefused, match="cannot be read"):
        read_prompt(tmp_path / "gone.wav", tmp_path / "gone.txt")
    assert next(language_faults(Recordings(), "tlh")).startswith("no prompts for 'tlh'")

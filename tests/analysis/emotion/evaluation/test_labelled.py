"""Any labelled folder, whole or broken."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.evaluation.labelled import (
    MANIFEST,
    LabelledClip,
    ManifestRefused,
    read_labelled,
    unknown_labels,
)


def folder(tmp_path: Path, manifest: str | bytes, *files: str) -> Path:
    """A folder with a manifest and some files in it."""
    for name in files or ("a.wav", "b.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"sound")
    content = manifest.encode() if isinstance(manifest, str) else manifest
    (tmp_path / MANIFEST).write_bytes(content)
    return tmp_path


def only(tmp_path: Path, row: str, columns: str = "path,speaker,emotion,note") -> LabelledClip:
    """The clip of a manifest of one line."""
    (found,) = read_labelled(folder(tmp_path, f"{columns}\n{row}\n"))
    return found


def test_three_columns_are_enough(tmp_path: Path) -> None:
    """Law: what an admin does not know may be left out."""
    found = only(tmp_path, "a.wav,7,angry", "path,speaker,emotion")
    told = found.path, found.corpus, found.speaker, found.sex, found.race, found.age, found.language, found.heard
    assert told == (tmp_path / "a.wav", "own", "own:7", "", "", None, "", "anger")
    assert (found.activation, found.activation_weight, found.anger, found.listeners) == (0.95, 1.0, 0.95, 0)
    assert found.shares[0] == 0.95
    assert sum(found.shares) == pytest.approx(1.0)


def test_every_column_is_read(tmp_path: Path) -> None:
    """Law: labels are those of the manifest, with the language's primary tag and an unknown race as none."""
    columns = "path,corpus,speaker,gender,emotion,language,note"
    found = only(tmp_path, 'a.wav,x,1,Female,boredom,fr-CA,"age=51 race=African American ethnicity=No"', columns)
    assert (found.corpus, found.speaker, found.sex, found.language) == ("x", "x:1", "f", "fr")
    assert (found.race, found.age, found.heard, found.listeners) == ("African American", 51, "neutral", 0)
    assert only(tmp_path, "a.wav,1,sad,race=Unknown").race == ""


def test_the_majority_of_the_votes_is_heard(tmp_path: Path) -> None:
    """Law: votes go before the label; a tie is none of the four; no vote at all is as if there were no votes."""
    found = only(tmp_path, 'a.wav,1,anger,"votes=A1,D0,F0,H0,N7,S2"')
    assert (found.heard, found.listeners) == ("neutral", 10)
    assert (found.anger, found.activation, found.activation_weight) == pytest.approx((0.1, 0.1, 1.0))
    assert only(tmp_path, 'a.wav,1,anger,"votes=A5,D0,F0,H0,N5,S0"').heard == "other"
    assert only(tmp_path, 'a.wav,1,anger,"votes=A0,D0,F0,H0,N0,S0"').heard == "anger"


def test_spreadsheets_are_understood(tmp_path: Path) -> None:
    """Law: a byte order mark, semicolons, spaces, CRLF and empty lines are no fault of the admin's."""
    text = "path; speaker ;emotion\r\n a.wav ; 1 ; Anger \r\n\r\n;;\r\n"
    (found,) = read_labelled(folder(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert (found.path.name, found.speaker, found.heard) == ("a.wav", "own:1", "anger")


def test_words_that_are_no_emotion_are_told(tmp_path: Path) -> None:
    """Law: a misspelt label is not lost in silence."""
    place = folder(tmp_path, "path,speaker,emotion\na.wav,1,angr\nb.wav,1,fear\n")
    assert [one.heard for one in read_labelled(place)] == ["other", "other"]
    assert unknown_labels(place) == {"angr": 1}


@pytest.mark.parametrize("path", ["../b.wav", "/etc/passwd", "x/../../b.wav", "", "..\\b.wav", "a\0.wav"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    """Law: a manifest names files of its own folder alone."""
    place = tmp_path / "data"
    (tmp_path / "b.wav").write_bytes(b"sound")
    with pytest.raises(ManifestRefused, match=r"manifest\.csv, line 2: the path .* does not lie in the folder"):
        read_labelled(folder(place, f"path,speaker,emotion\n{path},1,sad\n"))


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "line 1: there must be one column named path"),
        ("path,speaker\na.wav,1\n", "one column named emotion"),
        ("path,path,speaker,emotion\na.wav,a.wav,1,sad\n", "one column named path"),
        ("path,speaker,emotion\nc.wav,1,sad\n", "line 2: there is no file 'c.wav'"),
        (f"path,speaker,emotion\n{'c' * 5000},1,sad\n", "line 2: there is no file"),
        ("path,speaker,emotion\na.wav,1,sad\na.wav,,sad\n", "line 3: the speaker is missing"),
        ("path,speaker,emotion\na.wav,1,sad,x\n", "line 2: 4 fields under 3 columns"),
        ("path,speaker,emotion,language\na.wav,1,sad,french\n", "no language tag"),
        ('path,speaker,emotion,note\na.wav,1,sad,"votes=A1,D2"\n', "tell all six"),
        ('path,speaker,emotion\n"a.wav,1,sad\n', "save it as CSV again"),
        (b"path,speaker,emotion\n\xff\xfe,1,sad\n", "UTF-8"),
    ],
)
def test_a_broken_manifest_is_refused_by_its_line(tmp_path: Path, manifest: str | bytes, said: str) -> None:
    """Law: an admin learns which line, and what to do."""
    with pytest.raises(ManifestRefused, match=said):
        read_labelled(folder(tmp_path, manifest))


def test_without_a_manifest_it_is_said_what_to_write(tmp_path: Path) -> None:
    """Law: the first step is told."""
    with pytest.raises(ManifestRefused, match="write one, with the columns path, speaker, emotion"):
        read_labelled(tmp_path)


def test_a_corpus_that_is_not_asked_for_is_not_looked_at(tmp_path: Path) -> None:
    """Law: of a large folder only what is wanted must be whole."""
    text = "path,corpus,speaker,emotion\nmissing.wav,x,1,sad\na.wav,y,1,sad\n"
    assert [one.corpus for one in read_labelled(folder(tmp_path, text), {"y"})] == ["y"]


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))),
       st.booleans())  # fmt: skip
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, headed: bool) -> None:
    """Law: no manifest ends in a traceback, and whatever is read lies in the folder."""
    place = tmp_path_factory.mktemp("any")
    try:
        found = read_labelled(folder(place, (b"path,speaker,emotion,note\n" if headed else b"") + content, "a"))
        unknown_labels(place)
    except ManifestRefused:
        return
    assert all(one.path.resolve().is_relative_to(place) for one in found)


@given(st.text(max_size=80))
def test_any_note_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, note: str) -> None:
    """Law: targets are always shares, whatever a note holds."""
    quoted = note.replace('"', '""').replace("\0", "")
    place = folder(tmp_path_factory.mktemp("note"), f'path,speaker,emotion,note\na,1,sad,"{quoted}"\n', "a")
    try:
        (found,) = read_labelled(place)
    except ManifestRefused:
        return
    assert all(0.0 <= share <= 1.0 for share in (found.activation, found.activation_weight, found.anger))

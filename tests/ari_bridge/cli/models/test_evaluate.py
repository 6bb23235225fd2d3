"""`ouidire model evaluate`."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from analysis.emotion.evaluation.stored import parse
from ari_bridge.cli.parser import main
from tests.ari_bridge.cli.models.labelled_calls import labelled_calls


def test_a_folder_is_tried_and_nothing_of_it_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the report tells figures, model and manifest, and names no file and no speaker; no recording is copied."""
    data, out = labelled_calls(tmp_path / "calls"), tmp_path / "out"
    assert (
        main(["model", "evaluate", "--data", str(data), "--line", "as-is", "--line", "phone", "--out", str(out)]) == 0
    )
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]
    text, page = (out / "report.json").read_text(), (out / "report.html").read_text()
    for told in (text, page):
        assert "Zoe" not in told
        assert "Karl" not in told
        assert ".wav" not in told
    stored = parse(text)
    assert stored.manifest_sha256 == sha256((data / "manifest.csv").read_bytes()).hexdigest()
    assert stored.report["counts"]["clips"] == 4
    assert stored.report["groups"]["language"]["de"]["as-is"]["told"] == 3
    assert json.loads(text)["report"]["groups"]["heard"]["anger"]["phone"]["clips"] == 2
    said = capsys.readouterr()
    assert "de: 8 more speakers are needed (2 of 10)" in said.out
    assert "1 clips are labelled 'furious'" in said.err
    assert "4 of 4 clips" in said.err


def test_a_hostile_corpus_is_a_word(tmp_path: Path) -> None:
    """Law: what stands in a manifest is escaped on the page."""
    data, out = labelled_calls(tmp_path / "calls"), tmp_path / "out"
    assert main(["model", "evaluate", "--data", str(data), "--out", str(out)]) == 0
    page = (out / "report.html").read_text()
    assert "<b>our" not in page
    assert "&lt;b&gt;our &amp; calls" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "manifest.csv does not exist: write one"),
        (["--language", "IT-ch"], "lists no clip in it"),
    ],
)
def test_what_cannot_be_tried_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Law: exit 1 and a sentence, and no report."""
    data = labelled_calls(tmp_path / "calls")
    if not arguments:
        (data / "manifest.csv").unlink()
    out = tmp_path / "out"
    assert main(["model", "evaluate", "--data", str(data), "--out", str(out), *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_line_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """Law: a wrong option is exit 2."""
    with pytest.raises(SystemExit) as ended:
        main(["model", "evaluate", "--data", str(tmp_path), "--line", "radio"])
    assert ended.value.code == 2

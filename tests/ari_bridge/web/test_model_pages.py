"""The pages about the model."""

import json
import re
from typing import Any

import pytest
from lxml import html

from analysis.emotion.evaluation.report import report_of
from analysis.emotion.evaluation.stored import StoredReport
from analysis.emotion.model_files import CARD, PACKAGED
from ari_bridge.web.model_pages import MUST_NOT, Reasons, card_page, evaluation_page, flat, shown
from tests.analysis.emotion.evaluation.judged import calm_and_angry

HOSTILE = '<script>alert("x")</script>'
REPORT = report_of([
    *calm_and_angry(80, 20, false_alarms=4, corpus=HOSTILE, sex="f", race="A", line="phone"),
    *calm_and_angry(80, 20, false_alarms=2, corpus=HOSTILE, sex="f", race="A", line="clean"),
    *calm_and_angry(80, 20, false_alarms=1, corpus="b", sex="m", race="B", line="phone"),
])  # fmt: skip
STORED = json.loads(StoredReport("m-1", {"tone.onnx": "ab" * 32}, "cd" * 32, "2026-01-02", "phone", REPORT).to_json())
OLD_CARD: dict[str, Any] = {"model_id": "m-0", "files": {"a": "ef"}}
NEW_CARD = OLD_CARD | {
    "outputs": HOSTILE, "command": "train --data DIR", "limits": ["a limit"], "licence": "Apache-2.0",
    "data": {"b": {"clips": 3, "language": "de", "licence": "CC0"}}, "language_limits": {"speakers": 10},
    "measured": {"definitions": "d", "speakers_held_out": REPORT, "corpus_held_out": REPORT,
                 "strangers": {"esc10": {"unfamiliar": 0.98}}},
}  # fmt: skip
PAGES = {
    "evaluation": evaluation_page(STORED, {"fr": ["60 more clips are needed"], "de": []}),
    "empty": evaluation_page({**STORED, "report": json.loads(json.dumps(report_of([])))}, {}),
    "old": card_page(OLD_CARD),
    "new": card_page(NEW_CARD),
    "shipped": card_page(json.loads((PACKAGED / CARD).read_text())),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_whole_by_itself(page: str) -> None:
    """Law: no script, no style sheet, picture, font or link from elsewhere; a language and a title are set."""
    tree = html.fromstring(page)
    assert tree.get("lang") == "en"
    assert tree.findtext(".//title")
    assert not tree.xpath("//script | //link | //img | //iframe | //object | //form | //@onclick | //@src")
    assert not re.search(r"@import|url\((?!#)", page)
    assert all(one.startswith("#") for one in tree.xpath("//@href"))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_can_be_heard_and_walked_by_keys(page: str) -> None:
    """Law: every plot has its words, every cell its heading, every wide table is reached by keyboard; no id is twice
    there.
    """
    tree = html.fromstring(page)
    assert all(one.get("role") == "img" and one.get("aria-label") for one in tree.iter("svg"))
    for table in tree.iter("table"):
        assert table.xpath(".//th[@scope]")
        assert table.getparent().get("tabindex") == "0"
        assert table.getparent().get("aria-label")
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_hostile_words_are_words() -> None:
    """Law: neither a corpus nor a card can write into the page."""
    for page in (PAGES["evaluation"], PAGES["new"]):
        assert HOSTILE not in page
        assert "&lt;script&gt;alert" in page


def test_every_group_and_gap_is_told() -> None:
    """Law: what is in the report is on the page, the human figure beside it, and what it must not be used for."""
    text = html.fromstring(PAGES["evaluation"]).text_content()
    for word in ("Corpus", "Sex", "Race", "5.0 % (", "40.0 %", "54.9 %", "One listener", "60 more clips are needed",
                 "It meets every limit", "ab" * 32, "cd" * 32, "From clean to phone", "Why a figure is not shown",
                 *MUST_NOT):  # fmt: skip
        assert word in text


def test_a_card_without_the_newest_figures_is_still_a_card() -> None:
    """Law: what an older card does not tell is left out, not invented."""
    assert "m-0" in PAGES["old"]
    assert "<svg" not in PAGES["old"]
    text = html.fromstring(PAGES["new"]).text_content()
    assert "On speakers never heard" in text
    assert "On a corpus never heard" in text
    assert "train --data DIR" in text
    assert "strangers, esc10, unfamiliar" in text


def test_figures_are_told_with_their_interval_or_their_reason() -> None:
    """Law: shares in percent, areas as they are; a reason is said once, by number."""
    reasons = Reasons()
    assert shown({"value": 0.031, "low": 0.02, "high": 0.048}, "false_alarms", reasons) == "3.1 % (2.0 to 4.8)"
    assert shown({"value": 0.981, "low": 0.97, "high": 0.99}, "anger_auc", reasons) == "0.981 (0.970 to 0.990)"
    assert shown({"value": "not shown", "why": "few"}, "hits", reasons) == "not shown [1]"
    assert shown({"value": 0.5, "why": "few"}, "hits", reasons) == "50.0 % [1]"
    assert reasons.sentences == ["few"]
    assert list(flat({"a_b": {"c": 1}, "d": "e"})) == [("a b, c", "1"), ("d", "e")]

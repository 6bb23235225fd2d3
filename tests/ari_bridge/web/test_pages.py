"""Laws of the pages: every word in every language, every value escaped, readable by everybody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ari_bridge.web import pages
from ari_bridge.web.pages import STYLE, draw, draw_copy, spoken_by
from consent.access import Site
from consent.errors import InvalidValue
from consent.wording import LANGUAGES
from tests.ari_bridge.web.reading import Page

SITE = Site("Example & <b>Sons</b>", "privacy@example.org", "fr")
COPY: dict[str, Any] = {
    "receipt": None,
    "answers": [{"seq": 3, "commitment": "ab" * 32}],
    "measured": {
        "scores": [
            {
                "start_s": 1.0, "end_s": 2.5, "kind": "tone", "activation": 0.5, "activation_sigma": 0.1, "anger": 0.2,
                "anger_sigma": 0.1, "reason": None,
            },
            {"start_s": 3.0, "end_s": 4.0, "kind": "abstained", "reason": "noise"},
        ],
        "facts": {
            "heard_s": 60.0, "talk_s": 20.0, "overlap_s": 1.0, "longest_pause_s": 3.0, "overlaps_begun": 2,
            "answers": 9, "response_latency_s": 0.416, "articulation_s": 17.0, "articulation_rate": 4.3,
            "level_change_db": -5.6,
        },
    },
    "kept_until": {"measured": "2026-12-22", "answers": "2027-11-22"},
    "hold": {"reason": "case 12", "author": "the DPO", "until": "2027-01-01"},
    "in_progress": False,
}  # fmt: skip


def test_every_language_has_every_word_with_the_same_blanks() -> None:
    """A word that is missing, or a blank that is filled nowhere, would be a page that breaks in one language."""
    words = {language: json.loads((pages._FOLDER / "words" / f"{language}.json").read_text()) for language in LANGUAGES}
    for language, own in words.items():
        assert own.keys() == words["en"].keys(), language
        for name, text in own.items():
            assert text.strip(), (language, name)
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", words["en"][name])), (language, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_can_be_read_in_every_language(language: str) -> None:
    """Numbers with their uncertainty, reasons in words, the hold, the days; the page names its language."""
    page = draw_copy(COPY, language, reference="12", site=SITE)
    root = Page(page)
    assert root.all("/html/@lang") == [language]
    text = root.text
    assert "0.50 ± 0.10" in text
    assert "0.4 s" in text
    assert "-6 dB" in text
    assert "case 12" in text
    assert "2026-12-22" in text
    assert "noise" not in text or language == "en"
    assert "{" not in text


def test_values_are_escaped() -> None:
    """Whatever a name or a statement holds, it stays text."""
    copy = COPY | {"measured": {"statement": "<script>alert(1)</script>", "stated_on": "2026-11-22"}}
    page = draw_copy(copy, "en", reference="12", site=SITE)
    assert "<script" not in page
    assert "<b>Sons" not in page


@pytest.mark.parametrize("template", ["rights", "done"])
def test_a_page_works_by_keyboard_and_by_ear(template: str) -> None:
    """Every field has its label, problems are announced, no script runs, and nothing is fetched but our style sheet."""
    values: dict[str, Any] = {"problem": "unknown", "site": SITE} if template == "rights" else {
        "done": "erased", "proof": None,
    }  # fmt: skip
    root = Page(draw(template, "de", **values))
    for field in root.all("//input[not(@type='hidden')]/@id"):
        assert root.all(f"//label[@for='{field}']/text()"), field
    assert root.all("//@role")
    assert not root.all("//script/@* | //img/@* | //iframe/@* | //@style | //@onclick")
    assert root.all("//link/@href") == ["/pages.css"]
    assert root.all("//meta[@name='viewport']/@content")
    assert len(root.all("//h1/text()")) == 1


def test_nothing_is_wider_than_a_small_screen() -> None:
    """At 320 pixels words wrap, tables scroll in their own box, and no width is fixed beyond that."""
    assert "overflow-wrap: anywhere" in STYLE
    assert ".wide { overflow-x: auto; }" in STYLE
    assert not [width for width in re.findall(r"[^-]width: *(\d+)px", STYLE) if int(width) > 300]


def test_there_is_no_page_in_a_language_without_words() -> None:
    """It is said, not drawn half."""
    with pytest.raises(InvalidValue):
        draw("rights", "pt", problem="", site=SITE)


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("de-CH,de;q=0.9", "de"), ("pt;q=1,it;q=0.3,es;q=0.8", "es"), ("fr;q=0", "en"), (";q=x,,*", "en")],
)
def test_the_browser_is_asked_for_its_language(header: str, language: str) -> None:
    """The best of ours that the browser wants; a strange header is no error."""
    assert spoken_by(header) == language

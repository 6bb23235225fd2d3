"""Laws of the summary."""

from dataclasses import replace
from pathlib import Path

from tests.demo import summary
from tests.demo.made_up import NO, WITHDRAWN, YES
from tests.demo.test_report import REPORT


def _text(**changes: object) -> str:
    return "\n".join(summary.lines(replace(REPORT, **changes), [Path("call-yes.svg")], Path("demo-report.json")))  # type: ignore[arg-type]


def test_a_good_run_says_what_was_measured() -> None:
    """Consent, forks, verdicts, facts, the phone's screen and the files are all there."""
    text = _text()
    for words in (
        "granted, by key", "2, 2800 packets, 0 of them outside", "1 scores, abstained: 1 both speak",
        "activation 0.30 ± 0.10", "caller: talks 8.0 s of 20.0 s", "│ Consent: granted.", "x.sqlite", "call-yes.svg",
        "demo-report.json", "Every promise was kept", "not one packet reached the fork ports",
        "3 scores before the *9, 0 rows 5 s after it", "0 later than one lease",
    ):  # fmt: skip
        assert words in text


def test_a_broken_promise_is_the_last_thing_said() -> None:
    """Nobody has to look for it."""
    text = _text(calls=(replace(YES, evidence=None), NO, WITHDRAWN))
    assert "NOT as promised" in text
    assert "Every promise" not in text
    assert text.splitlines()[-1].startswith("  - ")


def test_a_screen_that_is_no_xml_is_said() -> None:
    """A document that no phone could read does not end the summary."""
    screen = YES.performance.screen
    assert screen is not None
    broken = replace(YES, performance=replace(YES.performance, screen=replace(screen, xml="<Text>")))
    assert "(no XML:" in _text(calls=(broken,))

"""Laws of the survey: one answer a slip, none led back to it, closed by the council, shown above the floor."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from analysis.store.scores import Scores
from consent import envelopes
from consent.envelopes import open_envelope
from consent.errors import InvalidValue
from consent.ledger import Ledger
from consent.pulse import KEPT, MAX_TEXT, OPEN_AT_LEAST, OPEN_AT_MOST, Pulse, Refusal, Reply, Results, as_text
from consent.reconciliation import reconcile
from consent.shelf import ENVELOPES
from consent.slips import COUNCIL, as_typed, fresh_code
from tests.chance import rank_correlation

CODE = fresh_code(COUNCIL)
KEY = envelopes.public_key(as_typed(CODE, COUNCIL) or "")
START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


class Site:
    """A site whose days pass when a test says so."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.at = START
        self.pulse = Pulse(ledger, lambda: self.at)

    def wait(self, days: float) -> None:
        """Some days later."""
        self.at += timedelta(days=days)

    async def opened(self, codes: int = 12, floor: int = 5) -> list[str]:
        """Open a survey."""
        return await self.pulse.open(KEY, codes, floor)

    async def closed(self) -> Results:
        """Close it when it may be closed."""
        self.wait(OPEN_AT_LEAST.days)
        results = await self.pulse.close(CODE)
        assert isinstance(results, Results)
        return results


@pytest.fixture
def site(ledger: Ledger) -> Site:
    """A site without a survey."""
    return Site(ledger)


async def test_marks_become_sums_and_texts_a_list(site: Site) -> None:
    """Law: counts by question and the texts, which no order joins to a mark; a mark that was not given is in no sum."""
    codes = await site.opened()
    for number, code in enumerate(codes[:8]):
        marks = (number % 5 + 1, 5, 0 if number < 2 else 3)
        assert await site.pulse.answer(code.lower(), Reply(marks, f"text {number}" if number % 2 else "")) is None
    results = await site.closed()
    assert results.marks == ((2, 2, 2, 1, 1), (0, 0, 0, 0, 8), (0, 0, 6, 0, 0))
    assert sorted(results.texts) == ["text 1", "text 3", "text 5", "text 7"]
    assert (results.answers, results.used, results.codes) == (8, 8, 12)
    assert results.adds_up
    assert await site.pulse.results() == [results]


async def test_a_slip_counts_once(site: Site) -> None:
    """Law: a code is burnt by its use, also when it is sent many times at once; one that was never printed is none."""
    codes = await site.opened()
    both = await asyncio.gather(*(site.pulse.answer(codes[0], Reply((1, 1, 1))) for _ in range(5)))
    assert sorted(both, key=str) == [None, *[Refusal.UNKNOWN_CODE] * 4]
    assert await site.pulse.answer("AAAA-AAAA-AAAA", Reply((1, 1, 1))) is Refusal.UNKNOWN_CODE
    assert await site.pulse.answer("", Reply((1, 1, 1))) is Refusal.UNKNOWN_CODE


async def test_too_few_answers_are_erased_unseen(site: Site) -> None:
    """Law: under the floor not even their number is told, and nothing of them stays; the same for a question alone."""
    codes = await site.opened()
    for code in codes[:4]:
        await site.pulse.answer(code, Reply((5, 5, 5), "my chair squeaks"))
    results = await site.closed()
    assert (results.answers, results.used, results.marks, results.texts) == (None, None, (), ())
    assert b"squeaks" not in site.ledger.database.path.read_bytes()
    again = await site.opened()
    for number, code in enumerate(again[:6]):
        await site.pulse.answer(code, Reply((1, 1, 4 if number < 4 else 0)))
    assert (await site.closed()).marks == ((6, 0, 0, 0, 0), (6, 0, 0, 0, 0), None)


async def test_it_stays_open_for_four_weeks(site: Site) -> None:
    """Law: not even the council's code closes it before, nor does plain SQL; and only that code does."""
    await site.opened()
    site.wait(OPEN_AT_LEAST.days - 1)
    assert await site.pulse.close(CODE) is Refusal.TOO_EARLY
    with pytest.raises(sqlite3.IntegrityError, match="after four weeks"):
        await site.ledger.database.write(
            lambda c: c.execute("UPDATE pulse_surveys SET closed_on = ?, results = '{}'", (str(site.at.date()),))
        )
    with pytest.raises(sqlite3.IntegrityError, match="after four weeks"):
        await site.ledger.database.write(lambda c: c.execute("UPDATE pulse_surveys SET opened_on = '2026-01-01'"))
    site.wait(1)
    for wrong in (fresh_code(COUNCIL), "", CODE[:-1]):
        assert await site.pulse.close(wrong) is Refusal.UNKNOWN_CODE
    assert isinstance(await site.pulse.close(CODE), Results)
    assert await site.pulse.close(CODE) is Refusal.NONE_OPEN


async def test_whoever_holds_all_files_reads_no_answer(site: Site) -> None:
    """Law: before the council closes it, no file of ours holds a mark, a text, a code or a key to them."""
    codes = await site.opened()
    for code in codes[:6]:
        await site.pulse.answer(code, Reply((4, 2, 1), "the headset hurts"))
    folder = site.ledger.database.path.parent
    everything = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert b"headset" not in everything
    secrets = [CODE, *codes]
    assert not [one for one in secrets for form in (one, one.replace("-", "")) if form.encode() in everything]


async def test_no_place_tells_when_an_answer_came_or_by_which_code(site: Site) -> None:
    """Law: with the council's code and the file the envelopes still lie in no order of time; what is kept of a code is
    gone with its use; and marks and text of one person lie apart.
    """
    codes = await site.opened(codes=40)
    random.Random(7).shuffle(codes)
    for number, code in enumerate(codes):
        await site.pulse.answer(code, Reply((1, 1, 1), f"{number:03d}"))
    database = site.ledger.database
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM pulse_codes").fetchone()[0]) == 0
    opened = [open_envelope(as_typed(CODE, COUNCIL) or "", one) for one in await database.read(ENVELOPES.bodies)]
    arrivals = [int(one[1:]) for one in opened if one.startswith(b"T")]
    assert len(arrivals) == 40
    assert rank_correlation(arrivals).p_value > 0.0001
    columns = await database.read(
        lambda c: {row[1] for table in ("pulse_surveys", "pulse_codes", "pulse_envelopes")
                   for row in c.execute(f"PRAGMA table_info({table})")}
    )  # fmt: skip
    assert columns == {
        "survey_id", "opened_on", "council_key", "floor", "codes", "closed_on", "results", "mac", "slot", "seal_id",
        "body",
    }  # fmt: skip


async def test_no_answer_leaves_a_clock_behind(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Law: an answer writes no log line and no public record; opening and closing are in the chain."""
    codes = await site.opened()
    before = await site.ledger.notes()
    for code in codes[:5]:
        await site.pulse.answer(code, Reply((1, 2, 3)))
    assert await site.ledger.notes() == before
    assert not caplog.records
    await site.closed()
    assert [one["what"] for one in await site.ledger.notes() if one["what"].startswith("pulse")] == [
        "pulse.opened",
        "pulse.closed",
    ]
    closed = await site.ledger.last_note("pulse.closed")
    assert closed is not None
    assert closed["answers"] == 5


async def test_closing_erases_what_was_sealed(site: Site) -> None:
    """Law: afterwards there is no envelope and no code, and an answer that comes late is refused."""
    codes = await site.opened()
    for code in codes[:5]:
        await site.pulse.answer(code, Reply((1, 2, 3)))
    body = (await site.ledger.database.read(ENVELOPES.bodies))[0]
    assert body[:32] in site.ledger.database.path.read_bytes()
    await site.closed()
    left = "SELECT (SELECT count(*) FROM pulse_envelopes) + (SELECT count(*) FROM pulse_codes)"
    assert await site.ledger.database.read(lambda c: c.execute(left).fetchone()[0]) == 0
    assert body[:32] not in site.ledger.database.path.read_bytes()
    assert await site.pulse.answer(codes[6], Reply((1, 2, 3))) is Refusal.NONE_OPEN


async def test_a_forged_or_torn_envelope_shows(site: Site) -> None:
    """Law: what somebody else put on the shelf, or changed there, is counted as no answer, and the sums say so."""
    codes = await site.opened()
    for code in codes[:6]:
        await site.pulse.answer(code, Reply((1, 2, 3)))
    await site.ledger.database.write(lambda c: c.execute("UPDATE pulse_envelopes SET body = zeroblob(length(body))"))
    survey = await site.pulse.standing()
    assert survey is not None
    for content in (b"M\x01\x01\x09", b"M\x01", b"X", b"", b"T\xff", *[b"M\x01\x01\x01"] * 5):
        sealed = envelopes.close(survey.council_key, content)
        await site.ledger.database.write(
            lambda c, one=sealed: ENVELOPES.put(c, one[:16], one)  # type: ignore[misc]
        )
    results = await site.closed()
    assert (results.answers, results.used) == (5, 6)
    assert not results.adds_up


async def test_one_survey_at_a_time_and_a_lost_code_bars_none_for_ever(site: Site) -> None:
    """Law: a second one is refused; after half a year what nobody closed is erased, and the chain says so."""
    codes = await site.opened()
    await site.pulse.answer(codes[0], Reply((1, 2, 3)))
    with pytest.raises(InvalidValue, match="open already"):
        await site.opened()
    site.wait(OPEN_AT_MOST.days)
    assert await site.pulse.answer(codes[1], Reply((1, 2, 3))) is Refusal.NONE_OPEN
    await site.pulse.expire()
    assert await site.ledger.last_note("pulse.lapsed") is not None
    assert await site.ledger.database.read(ENVELOPES.bodies) == []
    assert len(await site.opened()) == 12


async def test_results_go_after_a_year(site: Site) -> None:
    """Law: what was told is kept for a year and then deleted, and nobody's clock set back delays it."""
    codes = await site.opened()
    for code in codes[:5]:
        await site.pulse.answer(code, Reply((1, 2, 3), "a word for the year"))
    await site.closed()
    site.wait(KEPT.days - 1)
    await site.pulse.expire()
    assert await site.pulse.results()
    site.wait(1)
    await site.ledger.keyring.today(site.at.date())
    site.wait(-30)
    await site.pulse.expire()
    assert not await site.pulse.results()
    assert b"a word for the year" not in site.ledger.database.path.read_bytes()


@pytest.mark.parametrize(("codes", "floor"), [(4, 4), (9, 10), (1001, 10), (0, 0)])
async def test_a_survey_that_could_tell_on_few_is_not_opened(site: Site, codes: int, floor: int) -> None:
    """Law: no floor under five, no fewer codes than the floor; the schema refuses it too."""
    with pytest.raises(InvalidValue):
        await site.opened(codes, floor)
    with pytest.raises(sqlite3.IntegrityError):
        await site.ledger.database.write(
            lambda c: c.execute("INSERT INTO pulse_surveys VALUES ('x', '2026-03-02', ?, 4, 4, '', '')", (KEY,))
        )


@pytest.mark.parametrize("marks", [(1, 2), (1, 2, 3, 4), (1, 2, 6), (-1, 1, 1)])
def test_a_reply_is_valid_at_birth(marks: tuple[int, ...]) -> None:
    """Law: three marks on the scale, a text that fits; and no `repr` tells any of it."""
    with pytest.raises(InvalidValue):
        Reply(marks)
    with pytest.raises(InvalidValue):
        Reply((0, 0, 0), "x" * (MAX_TEXT + 1))
    for text in ("\ud800", "\x1b[2J", "a\r\nb", " a"):
        with pytest.raises(InvalidValue):
            Reply((0, 0, 0), text)
        assert Reply((0, 0, 0), as_text(text))
    assert as_text("C\u2019est\u00a0calme\u202f?\r\n\tOui. \U0001f642\x00\n") == "C\u2019est calme ?\n Oui. \U0001f642"
    assert "4" not in repr(Reply((4, 4, 4), "4"))
    assert envelopes.close(KEY, b"T" + ("\U0001f642" * MAX_TEXT).encode())


async def test_a_file_put_back_keeps_its_survey(site: Site) -> None:
    """Law: the shelf of envelopes is not swept with the seals of records, whose keys it has none of."""
    codes = await site.opened()
    await site.pulse.answer(codes[0], Reply((1, 2, 3)))
    await reconcile(site.ledger, Scores(site.ledger.database).gather)
    assert len(await site.ledger.database.read(ENVELOPES.bodies)) == 2

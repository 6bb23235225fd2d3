"""Keeping, handing out, and letting go."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from analysis.store.scores import PERSON, Scores
from consent.database import Database
from consent.errors import DatabaseUnavailable, InvalidValue, Withdrawn
from consent.gate import Grants
from consent.grant import Consented
from consent.parties import Party
from consent.retention import stamp
from consent.states import Answer
from tests.conftest import Callers

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MODEL = "tone-in-the-file-1"
TONE: Final[Verdict] = ToneScore(1.0, 3.0, Estimate(0.6, 0.1), Estimate(0.2, 0.15), MODEL)
NOISE: Final[Verdict] = Abstained(4.0, 8.0, Reason.NOISE)
DELIVERY = Delivery(24.0, 4.25, -3.5)
FACTS = ConversationFacts(60.0, 30.0, 10.0, 2.0, 3.0, 1, 2, 5, 4, 0.5, 0.25, DELIVERY)


def tone(grants: Grants) -> Consented[Verdict]:
    """A score under the caller's grant."""
    return grants.caller.admit(TONE)


def noise(grants: Grants) -> Consented[Verdict]:
    """An abstention under the caller's grant."""
    return grants.caller.admit(NOISE)


@pytest.fixture
def scores(database: Database) -> Scores:
    """A store whose now is fixed."""
    return Scores(database, lambda: NOW)


async def test_a_verdict_comes_back_as_it_was(scores: Scores, callers: Callers) -> None:
    """Score and abstention, with grant, life and order of time; another call's are not among them."""
    grants, other = await callers.says_yes("call-1"), await callers.says_yes("call-2")
    verdicts: list[Verdict] = [NOISE, TONE]
    kept = [await scores.keep(grants.caller.admit(verdict)) for verdict in verdicts]
    await scores.keep(noise(other))
    found = await scores.of_call("call-1")
    assert [row.verdict for row in found] == [TONE, NOISE]
    assert sorted(found, key=lambda row: row.score_id) == kept
    assert {row.grant_id for row in found} == {grants.caller.grant_id}
    assert {row.expires_at for row in found} == {NOW + timedelta(days=30)}


async def test_facts_are_one_row_for_each_party_and_the_newest(scores: Scores, callers: Callers) -> None:
    """Kept again and again during the call; what is found is the last."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    for facts in (ConversationFacts(5.0, 1.0, 1.0, 0.0, 1.0), FACTS):
        await scores.keep_facts(grants.caller, facts.of(Party.CALLER))
        await scores.keep_facts(grants.agent, facts.of(Party.AGENT))
    caller, agent = await scores.facts_of_call("call-1")
    assert (caller.party, caller.facts) == (Party.CALLER, FACTS.of(Party.CALLER))
    assert caller.facts.delivery == DELIVERY
    assert (agent.party, agent.facts) == (Party.AGENT, FACTS.of(Party.AGENT))


async def test_pace_and_level_are_kept_of_no_agent(scores: Scores, callers: Callers) -> None:
    """The caller's facts under the agent's grant: refused before anything is written."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    with pytest.raises(InvalidValue, match="caller alone"):
        await scores.keep_facts(grants.agent, FACTS.of(Party.CALLER))
    assert await scores.facts_of_call("call-1") == []


async def test_nothing_is_kept_after_a_withdrawal(scores: Scores, callers: Callers) -> None:
    """A verdict in flight is refused, in memory and, had it slipped by, by the file."""
    grants = await callers.says_yes()
    late = tone(grants)
    await callers.stops(answer=Answer.WITHDRAWN)
    with pytest.raises(Withdrawn):
        await scores.keep(late)
    with pytest.raises(Withdrawn):
        await scores.keep_facts(grants.caller, FACTS.of(Party.CALLER))
    assert await scores.of_call("call-1") == []


async def test_the_files_own_refusal_is_a_withdrawal(scores: Scores, callers: Callers, database: Database) -> None:
    """The grant ended in the file alone (another path of ours was quicker): the row is refused as withdrawn."""
    grants = await callers.says_yes()
    await database.write(lambda c: c.execute("UPDATE grants SET ended_at = '2026-03-01', ended_by = 'withdrawn'"))
    with pytest.raises(Withdrawn):
        await scores.keep(tone(grants))


async def test_a_score_of_the_agent_is_refused(scores: Scores, callers: Callers) -> None:
    """Even a verdict that somebody forged under the agent's grant does not get into the file."""
    grants = await callers.says_yes()
    said: Verdict = TONE
    assert grants.agent is not None
    with pytest.raises(Withdrawn):
        await scores.keep(grants.agent.admit(said))


async def test_erasing_leaves_no_trace_in_any_file(scores: Scores, callers: Callers, database: Database) -> None:
    """After a withdrawal the rows are gone, and so are their bytes, from the file and its write-ahead log."""
    grants, other = await callers.says_yes("call-1"), await callers.says_yes("call-2")
    for _ in range(50):
        await scores.keep(tone(grants))
    await scores.keep(noise(other))
    await scores.keep_facts(grants.caller, FACTS.of(Party.CALLER))
    assert MODEL.encode() in everything(database.path)
    await callers.stops("call-1")
    assert await scores.erase([grants.caller.grant_id]) == 51
    assert await scores.of_call("call-1") == []
    assert len(await scores.of_call("call-2")) == 1
    assert MODEL.encode() not in everything(database.path)


async def test_an_objection_erases_the_agents_facts_alone(scores: Scores, callers: Callers) -> None:
    """The agent's stop takes the agent's own facts; the caller's stay until they expire."""
    grants = await callers.says_yes()
    await scores.keep_facts(grants.caller, FACTS.of(Party.CALLER))
    assert grants.agent is not None
    await scores.keep_facts(grants.agent, FACTS.of(Party.AGENT))
    await callers.stops(answer=Answer.OBJECTED)
    assert await scores.erase([grants.agent.grant_id]) == 1
    assert [row.party for row in await scores.facts_of_call("call-1")] == [Party.CALLER]


async def test_rows_go_on_time_and_not_before(scores: Scores, callers: Callers) -> None:
    """To the millisecond of what was announced; after the call as during it."""
    grants = await callers.says_yes()
    await scores.keep(tone(grants))
    assert grants.agent is not None
    await scores.keep_facts(grants.agent, FACTS.of(Party.AGENT))
    await callers.stops(answer=Answer.EXPIRED)
    end = NOW + timedelta(days=30)
    assert await scores.expire(end - timedelta(milliseconds=1)) == 0
    assert await scores.expire(end) == 2
    assert await scores.of_call("call-1") == []


async def test_a_file_that_cannot_be_written_is_told(scores: Scores, callers: Callers, database: Database) -> None:
    """A locked file is an error of its own kind: analysis stops and says so, what was kept stays."""
    grants = await callers.says_yes()
    await scores.keep(tone(grants))
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await scores.keep(noise(grants))


def everything(path: Path) -> bytes:
    """The bytes of the file and its companions."""
    return b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))


async def test_what_was_erased_leaves_the_log_too(scores: Scores, callers: Callers, database: Database) -> None:
    """A reader holds the write-ahead log while a stop erases: the janitor's next round overwrites it all the same."""
    grants = await callers.says_yes()
    await scores.keep(tone(grants))
    log = database.path.with_name(database.path.name + "-wal")
    reader = sqlite3.connect(database.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM scores").fetchall()
    assert await scores.erase([grants.caller.grant_id]) == 1
    assert MODEL.encode() in log.read_bytes()
    reader.close()
    assert await scores.expire(NOW) == 0
    assert MODEL.encode() not in log.read_bytes() + database.path.read_bytes()


def gathered(connection: sqlite3.Connection, scores: Scores, call_id: str = "call-1") -> dict[str, object]:
    """What would be sealed of a call."""
    found: dict[str, object] = json.loads(scores.gather(call_id)(connection) or b"{}")
    return found


async def test_what_is_sealed_is_the_callers_alone(scores: Scores, callers: Callers, database: Database) -> None:
    """EU AI Act, Article 5(1)(f), and thrift: verdicts and facts of the caller are kept, the agent's facts die."""
    grants = await callers.says_yes()
    assert grants.agent is not None
    for verdict in (NOISE, TONE):
        await scores.keep(grants.caller.admit(verdict))
    await scores.keep_facts(grants.caller, FACTS.of(Party.CALLER))
    await scores.keep_facts(grants.agent, FACTS.of(Party.AGENT))
    other = await callers.says_yes("call-2")
    await scores.keep(noise(other))
    kept = await database.write(lambda c: gathered(c, scores))
    assert [one["kind"] for one in kept["scores"]] == ["tone", "abstained"]  # type: ignore[attr-defined]
    assert kept["facts"]["talk_s"] == FACTS.of(Party.CALLER).talk_s  # type: ignore[index]
    assert kept["facts"]["overlaps_begun"] == FACTS.caller_overlaps  # type: ignore[index]
    assert kept["facts"]["articulation_rate"] == DELIVERY.articulation_rate  # type: ignore[index]
    assert not [name for name in kept["facts"] if "agent" in name]  # type: ignore[attr-defined]
    assert not {"grant_id", "endpoint", "call_id", "score_id"} & {*kept["scores"][0], *kept["facts"]}  # type: ignore[index, misc]
    assert await scores.of_call("call-1") == []
    assert await scores.facts_of_call("call-1") == []
    assert len(await scores.of_call("call-2")) == 1


async def test_of_a_call_without_anything_nothing_is_sealed(
    scores: Scores, callers: Callers, database: Database
) -> None:
    """A call of which nothing was measured leaves no seal by which it could be told from a call that never was."""
    await callers.says_yes()
    assert await database.write(lambda c: scores.gather("call-1")(c)) == b""
    assert await database.write(lambda c: scores.gather("never")(c)) == b""


async def test_a_verdict_that_comes_after_the_seal_is_withdrawn(scores: Scores, callers: Callers) -> None:
    """What was in flight when the call was sealed finds no grant any more, in memory and in the file."""
    grants = await callers.says_yes()
    late = tone(grants)
    await callers.ledger.close("call-1", scores.gather("call-1"))
    with pytest.raises(Withdrawn):
        await scores.keep(late)
    with pytest.raises(Withdrawn):
        await scores.keep_facts(grants.caller, FACTS.of(Party.CALLER))
    assert await scores.of_call("call-1") == []


def at(end_s: float) -> ToneScore:
    """A score of two seconds of speech."""
    return ToneScore(end_s - 2.0, end_s, Estimate(0.6, 0.1), Estimate(0.2, 0.15), MODEL)


async def test_a_contest_drops_what_the_score_is_a_mean_of(scores: Scores, callers: Callers) -> None:
    """It and those of the minute before, of which it is a mean; older ones, abstentions and other calls stay."""
    grants, other = await callers.says_yes("call-1"), await callers.says_yes("call-2")
    verdicts: list[Verdict] = [at(10.0), at(50.0), at(90.0), NOISE]
    for verdict in verdicts:
        await scores.keep(grants.caller.admit(verdict))
        await scores.keep(other.caller.admit(verdict))
    assert await scores.contest(grants.caller, at(90.0)) == 2
    assert [row.verdict for row in await scores.of_call("call-1")] == [NOISE, at(10.0)]
    assert len(await scores.of_call("call-2")) == 4


async def test_a_contested_score_leaves_no_trace_and_does_not_come_back(
    scores: Scores, callers: Callers, database: Database
) -> None:
    """Its bytes are overwritten in every file, and one of the same stretch that was in flight is refused."""
    grants = await callers.says_yes()
    verdict: Verdict = ToneScore(1.0, 3.0, Estimate(0.6, 0.1), Estimate(0.2, 0.15), "contested-model")
    await scores.keep(grants.caller.admit(verdict))
    await scores.contest(grants.caller, at(3.0))
    assert b"contested-model" not in everything(database.path)
    with pytest.raises(Withdrawn):
        await scores.keep(grants.caller.admit(verdict))


async def test_a_contest_after_the_end_drops_the_score_all_the_same(
    scores: Scores, callers: Callers, database: Database
) -> None:
    """The call ended while the file was locked: the score goes, and no contest is noted under a grant that is dead."""
    grants = await callers.says_yes()
    await scores.keep(tone(grants))
    await callers.stops(answer=Answer.EXPIRED)
    assert await scores.contest(grants.caller, at(3.0)) == 1
    assert await scores.of_call("call-1") == []
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM contests").fetchone()) == (0,)


async def test_contests_die_with_the_call(scores: Scores, callers: Callers, database: Database) -> None:
    """Whether an agent contested is sealed with nothing and stays in no table: it is that agent's, in that call. What
    a person judged instead is sealed as the caller's verdict.
    """
    grants = await callers.says_yes()
    await scores.keep(noise(grants))
    await scores.contest(grants.caller, at(3.0))
    kept = await database.write(lambda c: gathered(c, scores))
    assert kept.keys() == {"scores", "facts"}
    assert [one["kind"] for one in kept["scores"]] == ["abstained"]  # type: ignore[attr-defined]
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM contests").fetchone()) == (0,)


@pytest.mark.parametrize("how", ["erased", "expired"])
async def test_contests_and_reviews_go_with_the_scores(
    scores: Scores, callers: Callers, database: Database, how: str
) -> None:
    """A withdrawal takes what was contested and judged with it, and so does time."""
    grants = await callers.says_yes()
    await scores.contest(grants.caller, at(3.0))
    values = (grants.caller.grant_id, stamp(NOW), stamp(NOW + timedelta(days=30)), 0.1, 0.2, 0.1, 0.2)
    await database.write(lambda c: c.execute("INSERT INTO reviews VALUES (1, ?, ?, ?, ?, ?, ?, ?)", values))
    (stands,) = await scores.of_call("call-1")
    assert isinstance(stands.verdict, ToneScore)
    assert (stands.verdict.model_id, stands.verdict.activation) == (PERSON, Estimate(0.1, 0.2))
    gone = await (
        scores.erase([grants.caller.grant_id]) if how == "erased" else scores.expire(NOW + timedelta(days=30))
    )
    assert gone == 2
    assert await scores.of_call("call-1") == []

"""From likelihoods to decisions."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.speech.hysteresis import (
    ENTER,
    LEAVE,
    LONGEST_DELAY_CHUNKS,
    MAY_TALK,
    MIN_SILENCE_CHUNKS,
    MIN_SPEECH_CHUNKS,
    Decision,
    Hysteresis,
    Run,
)

CHANCE = st.sampled_from([0.0, 0.2, 0.34, 0.36, 0.49, 0.51, 0.8, 1.0])


def runs(decisions: list[Decision], *, speaks: bool) -> list[int]:
    """The lengths of the runs of one kind, not counting the first and the last run of all."""
    lengths, last = [], None
    for decision in decisions:
        if decision.speaks != last:
            lengths.append((decision.speaks, 0))
        lengths[-1] = (decision.speaks, lengths[-1][1] + 1)
        last = decision.speaks
    return [length for kind, length in lengths[1:-1] if kind is speaks]


@given(st.lists(CHANCE, max_size=200))
def test_each_chunk_is_decided_once_in_order_and_soon(chances: list[float]) -> None:
    """Nothing is decided twice or left out, and never later than the longest delay."""
    hysteresis, decided = Hysteresis(), []
    for chunk, chance in enumerate(chances):
        decided += hysteresis.feed(chunk, chance)
        assert chunk + 1 - len(decided) <= LONGEST_DELAY_CHUNKS
    decided += hysteresis.flush()
    assert [decision.chunk for decision in decided] == list(range(len(chances)))


@given(st.lists(CHANCE, max_size=200))
def test_no_speech_is_shorter_than_a_quarter_second_and_no_silence_than_an_eighth(chances: list[float]) -> None:
    """A click is no speech and a stop consonant is no pause."""
    hysteresis, decided = Hysteresis(), []
    for chunk, chance in enumerate(chances):
        decided += hysteresis.feed(chunk, chance)
    assert all(length >= MIN_SPEECH_CHUNKS for length in runs(decided, speaks=True))
    assert all(length >= MIN_SILENCE_CHUNKS for length in runs(decided, speaks=False))


@given(st.lists(st.floats(0, ENTER, exclude_max=True), max_size=100))
def test_what_never_enters_is_never_speech(chances: list[float]) -> None:
    """Below the threshold nobody speaks, however long."""
    hysteresis = Hysteresis()
    decided = [decision for chunk, chance in enumerate(chances) for decision in hysteresis.feed(chunk, chance)]
    assert not any(decision.speaks for decision in decided)
    assert len(decided) == len(chances)


def test_an_utterance_is_speech_from_its_first_chunk_and_with_its_short_dips() -> None:
    """Decided late, but for the whole utterance: its onset and its short dips are speech too."""
    chances = [0.1] * 3 + [0.9] * 10 + [0.1] * 3 + [0.9] * 5 + [0.1] * 6
    hysteresis = Hysteresis()
    decided = [decision for chunk, chance in enumerate(chances) for decision in hysteresis.feed(chunk, chance)]
    assert [decision.speaks for decision in decided] == [False] * 3 + [True] * 18 + [False] * 6


def test_a_gap_closes_what_was_open() -> None:
    """Speech never reaches over sound that was not heard; the pending onset of a click before it is none."""
    hysteresis = Hysteresis()
    for chunk in range(4):
        assert hysteresis.feed(chunk, 0.9) == []
    assert hysteresis.feed(50, 0.1) == [Decision(chunk, speaks=False) for chunk in (0, 1, 2, 3, 50)]


RUNS = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 9]), st.lists(CHANCE, min_size=1, max_size=5)), max_size=60)


@given(RUNS, st.data())
def test_passing_over_what_does_not_change_changes_nothing(
    runs: list[tuple[int, list[float]]], data: st.DataObject
) -> None:
    """The short way, taken wherever it is open, or not, gives the decisions of `feed`, in order, after any gap."""
    short, simple, first = Hysteresis(), Hysteresis(), 0
    for gap, chances in runs:
        first += gap
        wanted = [one for chunk, chance in enumerate(chances, first) for one in simple.feed(chunk, chance)]
        run = data.draw(st.booleans()) and short.pass_over(first, first + len(chances), min(chances), max(chances))
        decided = (
            [Decision(chunk, run.speaks) for chunk in range(run.first_chunk, run.stop_chunk)]
            if run
            else [one for chunk, chance in enumerate(chances, first) for one in short.feed(chunk, chance)]
        )
        assert decided == wanted
        first += len(chances)
    assert short.flush() == simple.flush()


def test_a_voice_that_begins_dips_or_ends_is_looked_at_chunk_by_chunk() -> None:
    """The short way is for silence that stays and speech that stays high, and for nothing else."""
    hysteresis = Hysteresis()
    assert hysteresis.pass_over(0, 3, 0.0, ENTER - 0.01) == Run(0, 3, speaks=False)
    assert hysteresis.pass_over(3, 6, 0.0, ENTER) is None
    for chunk in range(3, 3 + MIN_SPEECH_CHUNKS):
        hysteresis.feed(chunk, 0.9)
    stop = 3 + MIN_SPEECH_CHUNKS
    assert hysteresis.pass_over(stop, stop + 4, LEAVE - 0.01, 1.0) is None
    assert hysteresis.pass_over(stop + 1, stop + 4, 0.9, 1.0) is None
    hysteresis.feed(stop, 0.1)
    assert hysteresis.pass_over(stop + 1, stop + 4, LEAVE, 1.0) == Run(stop, stop + 4, speaks=True)


ODDS = st.sampled_from([-9.0, -2.5, -2.0, -0.1, 0.1, 4.0])


@given(st.lists(st.tuples(CHANCE, ODDS), max_size=200))
def test_doubt_delays_no_decision_too_long_and_changes_no_order(heard: list[tuple[float, float]]) -> None:
    """Whoever is heard: each chunk is decided once, in order, and never later than the longest delay."""
    hysteresis, decided = Hysteresis(), []
    for chunk, (chance, voice) in enumerate(heard):
        decided += hysteresis.feed(chunk, chance, voice)
        assert chunk + 1 - len(decided) <= LONGEST_DELAY_CHUNKS
    decided += hysteresis.flush()
    assert [decision.chunk for decision in decided] == list(range(len(heard)))


@given(st.lists(st.tuples(CHANCE, ODDS), max_size=200))
def test_doubt_only_ever_takes_talk_away(heard: list[tuple[float, float]]) -> None:
    """What is no speech to the detector is no talk, whatever the odds: the check adds nothing to anybody's talk."""
    doubting, plain = Hysteresis(), Hysteresis()
    with_doubt = [d for at, (chance, voice) in enumerate(heard) for d in doubting.feed(at, chance, voice)]
    without = [d for at, (chance, _) in enumerate(heard) for d in plain.feed(at, chance)]
    runs_without = {decision.chunk for decision in [*without, *plain.flush()] if decision.speaks}
    assert {decision.chunk for decision in [*with_doubt, *doubting.flush()] if decision.speaks} <= runs_without


def test_a_pause_in_which_doubt_ends_is_no_talk() -> None:
    """Law: a voice of which the longest doubt ends in a pause is talk up to the pause, with a check as without one."""
    heard = [(12, 0.9, 0.0), (3, 0.0, 0.0), (6, 0.9, 0.0), (3, 0.0, 0.0), (6, 0.0, 0.0)]
    assert talk_of(*heard) == talk_of(*((count, chance, 9.0) for count, chance, _ in heard))
    assert talk_of(*heard) == [True] * 21 + [False] * 9
    assert talk_of(*heard[:-1], (8, 0.9, 0.0))[:32] == [True] * 32


def talk_of(*stretches: tuple[int, float, float]) -> list[bool]:
    """The decisions about stretches of (chunks, chance, log-odds of talk)."""
    hysteresis, decided, chunk = Hysteresis(), [], 0
    for count, chance, voice in stretches:
        for _ in range(count):
            decided += hysteresis.feed(chunk, chance, voice)
            chunk += 1
    return [decision.speaks for decision in [*decided, *hysteresis.flush()]]


def test_a_cry_that_sounds_like_speech_is_no_talk() -> None:
    """However long it lasts and however sure the detector is of speech."""
    assert not any(talk_of((5, 0.1, 0.0), (120, 0.95, -6.0), (8, 0.1, 0.0)))


def test_talk_is_talk_at_once_and_stays_so() -> None:
    """A voice that is known for one waits no longer than before, and odds count no more once somebody talks."""
    hysteresis = Hysteresis()
    first = [hysteresis.feed(chunk, 0.9, 2.0) for chunk in range(MIN_SPEECH_CHUNKS)]
    assert [len(decided) for decided in first] == [0] * (MIN_SPEECH_CHUNKS - 1) + [MIN_SPEECH_CHUNKS]
    assert hysteresis.feed(MIN_SPEECH_CHUNKS, 0.9, -9.0) == [Decision(MIN_SPEECH_CHUNKS, speaks=True)]


def test_a_doubtful_utterance_waits_and_is_talk_from_its_beginning() -> None:
    """Its first quarter of a second is doubtful, what follows is not: the whole of it is talk."""
    assert (
        talk_of((3, 0.1, 0.0), (10, 0.9, -1.0), (10, 0.9, 3.0), (6, 0.1, 0.0))
        == [False] * 3 + [True] * 20 + [False] * 6
    )


def test_in_doubt_for_the_person() -> None:
    """An utterance that stays doubtful, short or long, is talk rather than a noise: a hoarse yes is a yes."""
    assert sum(talk_of((12, 0.9, MAY_TALK + 0.1), (8, 0.1, -9.0))) == 12
    assert sum(talk_of((40, 0.9, MAY_TALK + 0.1), (8, 0.1, -9.0))) == 40
    assert sum(talk_of((12, 0.9, MAY_TALK - 0.1), (8, 0.1, 9.0))) == 0

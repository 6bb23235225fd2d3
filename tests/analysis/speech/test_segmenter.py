"""From decisions to windows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.speech.hysteresis import Decision, Run
from analysis.speech.segmenter import (
    ENOUGH_CHUNKS,
    MARGIN_CHUNKS,
    PATIENCE_CHUNKS,
    PAUSE_CHUNKS,
    WINDOW_CHUNKS,
    Segmenter,
    Window,
)

RUN = st.tuples(st.sampled_from(["speech", "silence", "gap"]), st.integers(1, 160))


def windows_of(runs: list[tuple[str, int]]) -> tuple[list[Window], set[int], int | None]:
    """Windows, the chunks that were speech, and since when a window is open."""
    segmenter, windows, speech, chunk = Segmenter(), [], set(), 0
    for kind, length in runs:
        for _ in range(length):
            if kind != "gap":
                window = segmenter.feed(Decision(chunk, kind == "speech"))
                windows += [window] if window else []
            if kind == "speech":
                speech.add(chunk)
            chunk += 1
    return windows, speech, segmenter.open_since


@given(st.lists(RUN, max_size=20))
@settings(deadline=None)
def test_windows_hold_all_speech_once_and_are_never_too_long(runs: list[tuple[str, int]]) -> None:
    """No speech is judged twice, none is left out but what is still open, and none is over 4 s."""
    windows, speech, open_since = windows_of(runs)
    covered = [chunk for window in windows for chunk in range(*window)]
    assert len(covered) == len(set(covered))
    assert all(0 < window.stop_chunk - window.first_chunk <= WINDOW_CHUNKS for window in windows)
    assert windows == sorted(windows)
    left = speech - set(covered)
    assert not left or (open_since is not None and min(left) >= open_since)


def test_a_turn_ends_with_its_pause() -> None:
    """Two seconds of speech and a pause are one window, trimmed to the speech and its margins."""
    windows, _, open_since = windows_of([("silence", 50), ("speech", 60), ("silence", PAUSE_CHUNKS + 1)])
    assert windows == [Window(50 - MARGIN_CHUNKS, 110 + MARGIN_CHUNKS)]
    assert open_since is None


def test_a_lone_word_waits_for_what_follows() -> None:
    """A word and a pause are not a window yet: what follows within 1.28 s joins it."""
    few = ENOUGH_CHUNKS // 2
    windows, _, _ = windows_of([("speech", few), ("silence", 30), ("speech", few + 5), ("silence", PAUSE_CHUNKS + 1)])
    assert windows == [Window(0, few + 30 + few + 5 + MARGIN_CHUNKS)]


def test_a_lone_word_waits_no_longer_than_it_is_news() -> None:
    """After 1.28 s of silence what is said of it would be old: the window closes."""
    few = ENOUGH_CHUNKS // 2
    windows, _, open_since = windows_of([("speech", few), ("silence", PATIENCE_CHUNKS + 1)])
    assert windows == [Window(0, few + MARGIN_CHUNKS)]
    assert open_since is None


def test_long_speech_is_cut_each_4_s_without_a_gap() -> None:
    """A person who does not stop is judged all the same."""
    windows, _, _ = windows_of([("speech", 3 * WINDOW_CHUNKS)])
    assert windows == [Window(i * WINDOW_CHUNKS, (i + 1) * WINDOW_CHUNKS) for i in range(3)]


def test_a_hold_ends_the_window_before_it() -> None:
    """Sound that stops for long closes what was said before, when it comes back; nothing reaches over the gap."""
    windows, _, _ = windows_of([("speech", 60), ("gap", 2_000), ("speech", 1)])
    assert windows == [Window(0, 60 + MARGIN_CHUNKS)]


def test_a_restart_forgets_the_open_window() -> None:
    """What was lost is not cut out later."""
    segmenter = Segmenter()
    segmenter.feed(Decision(3, speaks=True))
    segmenter.restart(0)
    assert segmenter.open_since is None


@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 2, 40]), st.integers(1, 16), st.booleans()), max_size=80))
def test_a_run_is_as_many_decisions(runs: list[tuple[int, int, bool]]) -> None:
    """Fed as runs, over any gap, the windows are those of the decisions one by one."""
    by_run, one_by_one, first = Segmenter(), Segmenter(), 0
    for gap, length, speaks in runs:
        first += gap
        every = [one_by_one.feed(Decision(chunk, speaks)) for chunk in range(first, first + length)]
        assert by_run.feed_run(Run(first, first + length, speaks)) == [window for window in every if window]
        assert by_run.open_since == one_by_one.open_since
        first += length


def test_no_window_reaches_into_what_was_lost() -> None:
    """Speech right after a loss begins a window without a margin before it: that sound was not analysed."""
    segmenter = Segmenter()
    segmenter.feed(Decision(10, speaks=True))
    segmenter.restart(30)
    assert segmenter.open_since is None
    segmenter.feed(Decision(31, speaks=True))
    assert segmenter.open_since == 30

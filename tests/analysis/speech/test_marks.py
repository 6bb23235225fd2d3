"""What is known of one party."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.speech.hysteresis import Decision
from analysis.speech.marks import KEPT_CHUNKS, Mark, Marks


@given(st.lists(st.tuples(st.integers(-5, 700), st.integers(0, 900), st.booleans()), max_size=15))
def test_a_run_is_as_many_decisions(runs: list[tuple[int, int, bool]]) -> None:
    """Taken as runs or one by one, after any gap or overlap, the marks are the same."""
    by_run, one_by_one = Marks(), Marks()
    for step, length, speaks in runs:
        first = max(0, by_run.end_chunk + step)
        by_run.put_run(first, first + length, speaks=speaks)
        for chunk in range(first, first + length):
            one_by_one.put(Decision(chunk, speaks))
        assert by_run.end_chunk == one_by_one.end_chunk
        span = (max(0, by_run.end_chunk - KEPT_CHUNKS - 5), by_run.end_chunk + 5)
        assert by_run.between(*span).tolist() == one_by_one.between(*span).tolist()


@given(st.lists(st.tuples(st.integers(1, 700), st.booleans()), max_size=30))
def test_marks_are_what_was_decided_and_unheard_elsewhere(steps: list[tuple[int, bool]]) -> None:
    """Within what is kept each chunk bears its decision; a skipped, an old and a coming one are all not heard."""
    marks, truth, chunk = Marks(), {}, 0
    for step, speaks in steps:
        chunk += step
        marks.put(Decision(chunk, speaks))
        truth[chunk] = Mark.SPEAKS if speaks else Mark.SILENT
    assert marks.end_chunk == (chunk + 1 if steps else 0)
    first = max(0, chunk - KEPT_CHUNKS - 20)
    wanted = [truth.get(i, Mark.UNHEARD) if i > chunk - KEPT_CHUNKS else 0 for i in range(first, chunk + 20)]
    assert marks.between(first, chunk + 20).tolist() == wanted


def test_a_chunk_is_decided_once() -> None:
    """A second decision about the same moment changes nothing."""
    marks = Marks()
    marks.put(Decision(5, speaks=True))
    marks.put(Decision(5, speaks=False))
    assert marks.at(5) == Mark.SPEAKS
    assert marks.at(-1) == Mark.UNHEARD

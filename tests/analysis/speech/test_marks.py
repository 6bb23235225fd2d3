"""What is known of one party."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.speech.hysteresis import Decision
from analysis.speech.marks import KEPT_CHUNKS, Mark, Marks


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

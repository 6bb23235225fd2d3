"""Which calls the engine takes."""

import pytest

from analysis.engine.admission import MAX_BUSY_SHARE, WATCHED_S, Admission, EngineFull, Workload


def test_there_are_so_many_places_and_no_more() -> None:
    """Law: over capacity a new call is refused with the reason, and counted once however often it asks."""
    admission = Admission(max_calls=2)
    for call_id in ("a", "b"):
        admission.reserve(call_id, admission.full)
    for _ in range(3):
        with pytest.raises(EngineFull, match="2 calls"):
            admission.reserve("c", admission.full)
    assert (admission.admitted, admission.refused) == (2, 1)


def test_a_call_that_is_in_stays_in() -> None:
    """Law: running calls are unharmed: whatever the obstacle, who holds a place keeps it until it is let go."""
    admission = Admission(max_calls=1)
    admission.reserve("a", admission.full)
    admission.reserve("a", "the engine is full")
    admission.let_go("a")
    with pytest.raises(EngineFull):
        admission.reserve("a", "the engine is full")


def test_a_place_that_is_given_back_goes_to_the_next() -> None:
    """Law: a refused call may ask again, and is taken when another one has ended."""
    admission = Admission(max_calls=1)
    admission.reserve("a", admission.full)
    with pytest.raises(EngineFull):
        admission.reserve("b", admission.full)
    admission.let_go("a")
    admission.reserve("b", admission.full)
    assert (admission.admitted, admission.refused) == (1, 1)


def test_a_call_that_gave_up_may_be_refused_again() -> None:
    """Law: what is remembered of a refused call goes with it: no list grows for ever."""
    admission = Admission(max_calls=0)
    for _ in range(2):
        with pytest.raises(EngineFull):
            admission.reserve("a", admission.full)
        admission.let_go("a")
    assert admission.refused == 2


def test_a_worker_that_is_busy_for_long_brakes() -> None:
    """Law: five seconds of work without rest brake, one slow round does not; a rest loosens the brake."""
    workload = Workload()
    workload.note(100.0, 1.0, 0)
    assert workload.brake == ""
    for tick in range(1, 50):
        workload.note(100.0 + tick / 10, 0.095, 0)
    assert workload.busy_share > MAX_BUSY_SHARE
    assert "busy" in workload.brake
    for tick in range(50, 70):
        workload.note(100.0 + tick / 10, 0.01, 0)
    assert workload.brake == ""
    assert 0 < workload.busy_share < MAX_BUSY_SHARE


def test_dropped_sound_brakes_for_as_long_as_it_is_watched() -> None:
    """Law: queues that ran over admit nobody new; the count is one since the start, and old drops are forgiven."""
    workload = Workload()
    workload.note(0.0, 0.01, 7)
    assert "dropped" in workload.brake
    workload.note(WATCHED_S / 2, 0.01, 7)
    assert "dropped" in workload.brake
    workload.note(WATCHED_S + 0.1, 0.01, 7)
    assert workload.brake == ""

"""FreeSWITCH's log as a witness of the gate."""

from tests.lab.switch_log import entries

CALL, LEG = "5d1e0f4c-0000-4000-8000-000000000001", "5d1e0f4c-0000-4000-8000-000000000002"


def test_each_fork_is_one_entry() -> None:
    """Law: only the gate's own line counts; the forks are numbered in their order, with call, leg and moment."""
    lines = [
        f"2026-11-23 15:57:52.079361 97.13% [INFO] switch_cpp.cpp:1465 ouidire gate: forked {CALL} of {CALL}",
        "2026-11-23 15:57:52.079999 97.13% [INFO] sofia.c:1 somebody said: ouidire gate",
        f"2026-11-23 15:57:53.500000 97.13% [INFO] switch_cpp.cpp:1465 ouidire gate: forked {LEG} of {CALL}",
    ]
    found = list(entries(lines))
    assert [(one.port, one.call_id, one.spied) for one in found] == [(1, CALL, CALL), (2, CALL, LEG)]
    assert found[1].at_ns - found[0].at_ns == 1_421_000_000

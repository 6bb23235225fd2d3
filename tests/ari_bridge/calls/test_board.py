"""The board."""

from datetime import UTC, datetime, timedelta

from ari_bridge.calls.board import Board, CallView, Stage


def view(stage: Stage, at: datetime) -> CallView:
    """A view of one call."""
    return CallView("1.1", stage, at, "en", (), None, None)


def test_watchers_hear_of_changes_only() -> None:
    """Law: a phone is told what changed, not the same thing again and again."""
    board, told, now = Board(), list[CallView](), datetime.now(UTC)
    board.watch(told.append)
    board.put(view(Stage.ASKED, now))
    board.put(view(Stage.ASKED, now))
    board.put(view(Stage.GRANTED, now))
    assert [v.stage for v in told] == [Stage.ASKED, Stage.GRANTED]
    assert board.view("1.1") is told[-1]


def test_an_ended_call_is_forgotten_after_a_minute() -> None:
    """Law: nothing of a call stays on a screen for longer than a minute after it."""
    board, now = Board(), datetime.now(UTC)
    board.put(view(Stage.ENDED, now))
    board.drop_ended(now + timedelta(seconds=59))
    assert board.views()
    board.drop_ended(now + timedelta(seconds=61))
    assert not board.views()


def test_a_watcher_that_fails_reaches_nobody_else() -> None:
    """Law: whatever of ours dies, the call goes on: its session and the other screens see nothing of it."""
    troubles = list[str]()
    told, board = list[CallView](), Board(lambda view, error: troubles.append(f"{view.call_id}: {error!r}"))

    def failing(view: CallView) -> None:
        raise RuntimeError(view.call_id)

    board.watch(failing)
    board.watch(told.append)
    board.put(view(Stage.GRANTED, datetime.now(UTC)))
    assert len(told) == board.failures == 1
    assert troubles == ["1.1: RuntimeError('1.1')"]

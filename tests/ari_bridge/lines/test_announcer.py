"""After a yes: the reference is said, and then gone."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ari_bridge.lines import announcer as announcer_module
from ari_bridge.lines.announcer import Announcer
from ari_bridge.lines.spoken import Spoken
from ari_bridge.pbx.port import ChannelGone, HoldChanged, ReferenceSaid
from dialplan.recordings import recording
from tests.ari_bridge.pbx.asterisk.conftest import until
from tests.fakes.desks import KNOWN, FakeRights
from tests.fakes.pbx import FakePbx


class Bench:
    """An announcer with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pbx = FakePbx()
        self.book = FakeRights()
        self.announcer = Announcer(self.pbx, self.book, Spoken(folder, recording))

    @property
    def files(self) -> list[str]:
        """Paths without the ending."""
        return [str(file.with_suffix("")) for file in self.folder.iterdir()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One."""
    return Bench(tmp_path)


async def test_the_pbx_is_told_a_file_and_never_the_reference(bench: Bench) -> None:
    """Law: the PBX, its log included, gets a random name; no log of ours has the reference either."""
    with capture_logs() as logged:
        await bench.announcer.announce("1.1", "en")
        await bench.announcer.announce("1.1", "en")
    assert bench.pbx.said == [("1.1", bench.files[0])]
    assert bench.book.asked == [("mint", "1.1")]
    assert KNOWN not in str(logged) + str(bench.pbx.said)


@pytest.mark.parametrize("event", [ReferenceSaid("1.1"), ChannelGone("1.1")])
async def test_it_is_deleted_when_it_was_said_or_nobody_is_left(
    bench: Bench, event: ReferenceSaid | ChannelGone
) -> None:
    """Law: the recording goes with its one use; a hang-up is others' matter too, the PBX's word is not."""
    await bench.announcer.announce("1.1", "en")
    assert not bench.announcer.take(HoldChanged("1.1", True))
    assert not bench.announcer.take(ChannelGone("1.2"))
    assert bench.files
    assert bench.announcer.take(event) is isinstance(event, ReferenceSaid)
    assert bench.files == []


async def test_it_is_deleted_after_a_while_and_at_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a PBX that never says that it was said keeps nothing alive."""
    monkeypatch.setattr(announcer_module, "KEPT_S", 0.05)
    await bench.announcer.announce("1.1", "en")
    await until(lambda: not bench.files)
    monkeypatch.undo()
    await bench.announcer.announce("1.2", "en")
    bench.announcer.close()
    assert bench.files == []


@pytest.mark.parametrize("fault", ["book", "pbx", "language"])
async def test_what_goes_wrong_is_logged_and_the_call_goes_on(bench: Bench, fault: str) -> None:
    """Law: without a reference the dialplan says that there is none; nothing is raised, and nothing is left."""
    bench.book.fails = fault == "book"
    bench.pbx.refuses = "gone" if fault == "pbx" else ""
    with capture_logs() as logged:
        await bench.announcer.announce("1.1", "xx" if fault == "language" else "en")
    assert [line["event"] for line in logged] == ["reference.not_said"]
    assert bench.files == bench.pbx.said == []

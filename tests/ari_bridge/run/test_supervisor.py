"""The whole service, without a PBX: it starts, says that it is not ready and why, and stops cleanly."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import aiohttp
import pytest
from structlog.testing import capture_logs

from analysis.emotion.foreign.host import ForeignHost
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.foreign.model import ForeignTone
from analysis.emotion.foreign.order import Order
from analysis.emotion.foreign.trust import TrustedFolder
from analysis.engine.network_process import NAME
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.pbx.port import PbxEvent, PbxFork
from ari_bridge.run import supervisor
from ari_bridge.run.engine_section import EngineSection
from ari_bridge.run.profile_section import ProfileSection
from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.run.supervisor import serve
from ari_bridge.run.tone import choice_of, reports_folder_of, served_of
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.keys import KEYRING
from consent.notice import Notice
from consent.states import Answer
from consent.tables import MIGRATIONS
from tests import papers
from tests.analysis.emotion.proofs import as_bytes, proof
from tests.ari_bridge.calls.bench import Bench, running
from tests.conftest import Callers
from tests.fakes.pbx import FakePbx


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a site whose PBX is down."""
    secrets = tmp_path / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text('ari_password = "a"\nami_password = "b"\nphones_password = "c"\n')
    port = free_port()
    return Settings(
        profile=papers.PROFILE,
        asking=papers.ASKING,
        pbx={
            "ari_url": f"http://127.0.0.1:{free_port()}/ari",
            "ami_port": free_port(),
            "secrets_file": secrets,
            "config_dir": tmp_path / "etc",
        },
        database={"path": tmp_path / "ouidire.sqlite"},
        keys={"folder": papers.keys_folder(tmp_path)},
        media={"say_folder": tmp_path / "say"},
        screens={"port": port, "base_url": f"http://127.0.0.1:{port}"},
        metrics={"port": free_port()},
    )  # type: ignore[arg-type]


async def ready(settings: Settings) -> tuple[int, dict[str, object]]:
    """The answer of /readyz, once somebody listens."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(20):
        while True:
            try:
                async with http.get(f"{settings.screens.base_url}/readyz") as answer:
                    return answer.status, await answer.json()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def test_it_says_that_the_pbx_is_away_and_stops_cleanly(settings: Settings) -> None:
    """Law: an ARI or AMI that is down is a sentence and a retry, and silence never looks like calm."""
    service = asyncio.create_task(serve(settings))
    status, said = await ready(settings)
    assert status == 503
    assert "pbx" in str(said)
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service
    again = await Database.open(settings.database.path, [MIGRATIONS])
    await again.close()


async def test_its_figures_are_served_apart_from_the_phones_server(settings: Settings) -> None:
    """Law: the figures have a listener of their own; the phones' server, which a LAN may reach, has none of them."""
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    async with aiohttp.ClientSession() as http:
        async with http.get(settings.metrics.url) as answer:
            text = await answer.text()
        async with http.get(f"{settings.screens.base_url}/metrics") as answer:
            assert answer.status == 404
    assert "ouidire_ready 0.0" in text
    assert "ouidire_engine_ready 1.0" in text
    assert 'ouidire_part_ready{part="pbx"} 0.0' in text
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service


async def test_unlocked_languages_are_judged_and_public(settings: Settings) -> None:
    """Law: the service starts whatever lies in the folder; what it believes is logged and a public record, which staff
    may read, what it does not believe is named in the log.
    """
    files = dict(served_of(choice_of(settings)).files)
    folder = reports_folder_of(settings)
    folder.put("fr", as_bytes(proof(files=files)))
    folder.put("es", b"{")
    with capture_logs() as logged:
        service = asyncio.create_task(serve(settings))
        await ready(settings)
        service.cancel()
        with pytest.raises(asyncio.CancelledError):
            await service
    told = {line["event"]: line for line in logged}
    assert told["language.unlocked"]["language"] == "fr"
    assert told["report.refused"]["file"] == str(folder.path / "es.json")
    async with open_ledger(settings.database.path, settings.keys.folder) as ledger:
        note = await ledger.last_note("settings")
    assert note is not None
    assert note["settings"]["analysis.unlocked"]["fr"]["speakers"] == 10


@pytest.mark.parametrize("process", ["own", "bridge"])
def test_the_engine_judges_what_is_unlocked(settings: Settings, process: Literal["own", "bridge"]) -> None:
    """Law: what was unlocked is judged beside what the model was calibrated on, wherever its network runs."""
    within = settings.model_copy(update={"engine": EngineSection(process=process)})
    engine = supervisor._engine(within, None, frozenset({"fr"}), lambda _: None)
    assert engine.languages == {"de", "en", "fr"}


def engine_processes() -> list[int]:
    """The network processes that this process has started and that live."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it ended while we looked
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            if lines["Name"] == NAME and int(lines["PPid"]) == os.getpid() and lines["State"][0] != "Z":
                found.append(int(lines["Pid"]))
    return found


async def test_the_networks_run_beside_it_and_come_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: kill -9 of the engine's process costs analysis, not the bridge: it is said and logged, another one is there
    within five seconds, and none is left when the service stops.
    """
    monkeypatch.setattr(supervisor, "ENGINE_WATCH_S", 0.2)
    with capture_logs() as logged:
        service = asyncio.create_task(serve(settings))
        _, said = await ready(settings)
        assert said["checks"]["engine"] == "ok"  # type: ignore[index]
        (first,) = engine_processes()
        os.kill(first, signal.SIGKILL)
        seen = set()
        async with asyncio.timeout(5):
            while seen != {"its process is lost, and started again", "ok"} or not engine_processes():
                _, said = await ready(settings)
                seen.add(said["checks"]["engine"])  # type: ignore[index]
                await asyncio.sleep(0.01)
        assert engine_processes() != [first]
        await asyncio.sleep(0.5)
        _, said = await ready(settings)
        assert said["checks"]["engine"] == "ok"  # type: ignore[index]
        service.cancel()
        with pytest.raises(asyncio.CancelledError):
            await service
    (told,) = [line for line in logged if line["event"] == "engine.restarted"]
    assert "SIGKILL" in told["error"]
    assert engine_processes() == []


async def test_the_networks_run_within_it_where_that_is_set(settings: Settings) -> None:
    """Law: with engine.process = "bridge" there is no second process."""
    within = settings.model_copy(update={"engine": EngineSection(process="bridge")})
    service = asyncio.create_task(serve(within))
    await ready(within)
    assert engine_processes() == []
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service


async def test_persons_and_staff_have_their_pages(settings: Settings) -> None:
    """Law: who has a reference finds where to enter it, and staff finds what was done before the start."""
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    async with aiohttp.ClientSession() as http:
        pages = {"rights": "DEMO, no real company", "staff": papers.COUNCIL["title"], "pulse": "No survey is open now"}
        for page, text in pages.items():
            async with http.get(f"{settings.screens.base_url}/{page}?lang=en") as answer:
                assert (answer.status, text in await answer.text()) == (200, True)
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service


async def test_what_a_downtime_delayed_is_gone_before_anybody_is_served(settings: Settings, notice: Notice) -> None:
    """Law: after a month off nothing that is due is there when the first page answers."""
    async with open_ledger(settings.database.path, settings.keys.folder) as ledger:
        await ledger.announce([notice])
        await Callers(ledger, notice).says_yes()
        await ledger.close("call-1", lambda _: b"{}")
    keyring = sqlite3.connect(settings.keys.folder / KEYRING)
    with keyring:
        keyring.execute("UPDATE records SET derived_goes_on = '2026-01-01'")
    service = asyncio.create_task(serve(settings))
    await ready(settings)
    assert keyring.execute("SELECT count(*) FROM records WHERE derived IS NOT NULL").fetchone() == (0,)
    keyring.close()
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service


async def test_a_second_bridge_is_refused(settings: Settings) -> None:
    """Law: two bridges on one file are refused with a sentence."""
    held = await Database.open(settings.database.path, [MIGRATIONS])
    with pytest.raises(DatabaseUnavailable, match="another bridge"):
        await serve(settings)
    await held.close()


async def test_without_its_papers_it_does_not_start(settings: Settings) -> None:
    """Law: no call is analysed before an assessment and the council are named; the database is not even made."""
    bare = settings.model_copy(update={"profile": ProfileSection()})
    with pytest.raises(SettingsError, match=r"profile\.assessment is missing.*GDPR, Article 35"):
        await serve(bare)
    assert not settings.database.path.exists()


async def test_a_recorder_that_the_notice_hides_stops_the_start(settings: Settings) -> None:
    """Law: where the PBX records by itself the notice says so, or the service does not start."""
    settings.pbx.config_dir.mkdir()
    (settings.pbx.config_dir / "extensions.conf").write_text("[a]\nexten => s,1,MixMonitor(x.wav)\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"notice\.mentions_recording"):
        await serve(settings)


async def test_open_secrets_are_refused(settings: Settings) -> None:
    """Law: passwords that others can read are refused."""
    settings.pbx.secrets_file.chmod(0o644)
    with pytest.raises(SettingsError, match="600"):
        await serve(settings)


@pytest.fixture
async def bench(callers: Callers, database: Database) -> AsyncIterator[Bench]:
    """A bench at work."""
    async with running(Bench(callers, database)) as at_work:
        yield at_work


async def test_an_engine_that_hangs_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: silence never looks like calm: an engine that stands still is not ready, though it never failed."""
    monkeypatch.setattr(supervisor, "ENGINE_WATCH_S", 0.3)
    await bench.connect()
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    watch = asyncio.create_task(service.watch_engine())
    await asyncio.sleep(0.7)
    assert service.readiness().ready
    mended = asyncio.Event()
    monkeypatch.setattr(bench.engine, "_tick", mended.wait)
    await bench.until(lambda: not service.readiness().ready)
    assert "stands still" in service.readiness().checks["engine"]
    mended.set()
    await bench.until(lambda: service.readiness().ready)
    watch.cancel()


async def test_a_full_engine_is_ready_and_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: who is heard goes on being heard, so a service without room is ready; that new calls are not is told."""
    await bench.connect()
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    assert service.readiness().notes == {}
    full = dataclasses.replace(bench.engine.stats(), full="100 calls")
    monkeypatch.setattr(bench.engine, "stats", lambda: full)
    assert service.readiness().ready
    assert "100 calls" in service.readiness().notes["engine"]
    cold = dataclasses.replace(full, is_ready=False, trouble="it is starting")
    monkeypatch.setattr(bench.engine, "stats", lambda: cold)
    assert not service.readiness().ready
    assert service.readiness().checks["engine"] == "it is starting"


async def test_dropped_sound_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: silence never looks like calm: sound that the engine could not keep up with is logged with its count."""
    monkeypatch.setattr(supervisor, "ENGINE_WATCH_S", 0.05)
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    before = bench.engine.stats()
    with capture_logs() as logged:
        watch = asyncio.create_task(service.watch_engine())
        await asyncio.sleep(0)
        monkeypatch.setattr(bench.engine, "stats", lambda: dataclasses.replace(before, dropped_frames=7))
        await bench.until(lambda: any(line["event"] == "engine.overloaded" for line in logged))
        watch.cancel()
    assert [line["dropped_frames"] for line in logged if line["event"] == "engine.overloaded"] == [7]


async def test_a_locked_database_is_not_ready(bench: Bench) -> None:
    """Law: while nothing can be written the service is not ready, and says why; afterwards it is."""
    await bench.connect()
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    other = sqlite3.connect(bench.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await bench.scores.expire(datetime.now(UTC))
    assert not service.readiness().ready
    assert "locked" in service.readiness().checks["database"]
    other.execute("ROLLBACK")
    await bench.scores.expire(datetime.now(UTC))
    assert service.readiness().ready
    other.close()


async def test_a_locked_keyring_is_not_ready(bench: Bench) -> None:
    """Law: the keyring may lie on another disk that is full: then no answer is recorded, and that is said."""
    await bench.connect()
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    assert service.readiness().ready
    other = sqlite3.connect(bench.ledger.keys.folder / KEYRING, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        await bench.ledger.record(bench.callers.entry("1.1", Answer.ASKED))
    assert not service.readiness().ready
    assert "locked" in service.readiness().checks["keyring"]
    other.execute("ROLLBACK")
    other.close()
    await bench.ledger.record(bench.callers.entry("1.1", Answer.ASKED))
    assert service.readiness().ready


class Parting(FakePbx):
    """A PBX that can be told nothing once its events are not read any more, as the real one's connection."""

    def __init__(self) -> None:
        super().__init__()
        self.is_open = True

    async def events(self) -> AsyncIterator[PbxEvent]:
        """What the test put in, until the reader leaves."""
        try:
            while True:
                yield await self.queue.get()
        finally:
            self.is_open = False

    async def end_fork(self, fork: PbxFork) -> None:
        """Only while connected."""
        await asyncio.sleep(0.05)
        if not self.is_open:
            raise TimeoutError("not connected")
        await super().end_fork(fork)


async def test_a_service_that_stops_leaves_no_fork(callers: Callers, database: Database) -> None:
    """Law: whoever stops the bridge stops its ears: the forks are hung up at once, not left to their leases."""
    made = Bench(callers, database)
    pbx = made.pbx = Parting()
    made.rooms = replace(made.rooms, pbx=pbx)
    made.switchboard = Switchboard(made.rooms)
    await made.engine.start()
    service = asyncio.create_task(supervisor.Service(made.rooms, made.switchboard, database).run())
    await made.talk()
    service.cancel()
    with pytest.raises(asyncio.CancelledError):
        await service
    assert pbx.forks == {}
    assert not pbx.is_open
    await made.engine.stop()


async def test_a_lost_foreign_model_is_said(bench: Bench) -> None:
    """Law: a tone model of others that cannot be asked is told, since its silence would look like calm."""
    await bench.connect()
    confirmed = TrustedFolder(Path("/srv/model"), {"a.yaml": "ab" * 32}, date(2026, 1, 5))
    foreign = ForeignTone("m", ForeignHost(Order("speechbrain", confirmed)), LabelMap(("ang",), ("ang",)))
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database, foreign=foreign)
    assert not service.readiness().ready
    assert "not started" in service.readiness().checks["tone"]
    assert "tone" not in supervisor.Service(bench.rooms, bench.switchboard, bench.database).readiness().checks

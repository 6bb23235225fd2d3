"""Builds the service from its settings, in the order in which things depend on each other, and takes it down again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

import structlog

from analysis.emotion.drift import Reference
from analysis.emotion.foreign.model import ForeignTone
from analysis.emotion.model_choice import open_foreign
from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.report_folder import Reports
from analysis.emotion.score import Verdict
from analysis.engine.engine import Engine
from analysis.engine.foreign_host import WithForeign
from analysis.engine.network_host import InBridge, NetworkHost
from analysis.engine.process_networks import ProcessNetworks
from analysis.engine.stats import EngineStats
from analysis.speech.silero import SileroDetector, model_path
from analysis.store.groups import Groups
from analysis.store.scores import Scores
from analysis.store.weeks import Weeks
from ari_bridge.calls.board import Board, CallView
from ari_bridge.calls.cue_file import shipped
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.calls.hidden_cues import NAME as HIDDEN_CUES
from ari_bridge.calls.hidden_cues import HiddenCues
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.calls.topology import Topology
from ari_bridge.run.codes import Codes
from ari_bridge.run.conditions import require
from ari_bridge.run.dial_in import DialIn, open_dial_in
from ari_bridge.run.drift_watch import DriftWatch, served
from ari_bridge.run.group_watch import GroupWatch
from ari_bridge.run.janitor import Janitor
from ari_bridge.run.media_place import open_place
from ari_bridge.run.metrics import Watched
from ari_bridge.run.metrics_site import open_metrics
from ari_bridge.run.notices import notices, staff_notices
from ari_bridge.run.page_site import open_page
from ari_bridge.run.pbx_choice import DeskPhones, choose_pbx
from ari_bridge.run.persons import keep_change
from ari_bridge.run.phone_addresses import PhoneAddresses
from ari_bridge.run.phone_families import PhoneFamilies
from ari_bridge.run.phone_push import phones_of
from ari_bridge.run.records import open_ledger, site_of
from ari_bridge.run.sections import Family
from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of, reports_of
from ari_bridge.screens.http_phones import open_phones
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.app import Readiness, Views, make_app, open_site, server_tls
from ari_bridge.web.desk import Desk
from ari_bridge.web.phone_authentication import PhoneAuthentication
from ari_bridge.web.phone_views import PhoneViews
from ari_bridge.web.pulse_views import PulseViews
from ari_bridge.web.rights_views import RightsViews
from ari_bridge.web.staff_views import StaffViews
from ari_bridge.web.standing import Standing
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.forgetting import Forgetting
from consent.gate import Gate
from consent.grant import Consented
from consent.guesses import Guesses
from consent.ledger import Ledger
from consent.pulse import Pulse
from consent.rights import Rights
from consent.states import Answer

log = structlog.get_logger()

STOPS_WATCH_S: Final = 0.5
"""How soon a stop that comes past the bridge is obeyed. The stop keys never come this way."""
ENGINE_WATCH_S: Final = 5.0
"""How often the engine is asked whether it failed, or stands still."""


async def serve(settings: Settings) -> None:
    """Run the service until it is cancelled.

    Raises:
        SettingsError: a start condition is not met, or the passwords cannot be read.
        OuidireError: the database or the model cannot be used.
        PbxRefused: the PBX does not let us in (wrong password, another bridge of our name).
    """
    async with AsyncExitStack() as stack:
        service = await _open(settings, stack)
        log.info("service.started", database=str(settings.database.path), media=settings.media.host)
        async with asyncio.TaskGroup() as group:
            janitor = Janitor(service.rooms.scores, service.rooms.ledger, chores=service.chores)
            group.create_task(janitor.run(), name="janitor")
            group.create_task(_drop_ended(service.rooms.board), name="board")
            group.create_task(service.watch_engine(), name="engine watch")
            group.create_task(service.watch_stops(), name="stops watch")
            await service.run()


class Service:
    """The parts that `serve` holds together."""

    def __init__(
        self,
        rooms: Rooms,
        switchboard: Switchboard,
        database: Database,
        dial_in: DialIn | None = None,
        foreign: ForeignTone | None = None,
        reference: Reference | None = None,
        chores: Sequence[Callable[[], Awaitable[None]]] = (),
        codes: Codes | None = None,
    ) -> None:
        self.rooms = rooms
        self.codes = codes
        self.drift = DriftWatch(rooms.weeks, reference)
        self.chores = (self.drift.look, *chores)
        self._foreign = foreign
        self._dial_in = dial_in
        self._database = database
        self.switchboard = switchboard
        self._engine_failure = ""

    async def run(self) -> None:
        """Work until cancelled, then hear nothing more: the forks are hung up while the PBX can still be told."""
        work = asyncio.ensure_future(self.switchboard.run())
        try:
            await asyncio.shield(work)
        finally:
            if self._dial_in is not None:
                await self._dial_in.close()
            await self.switchboard.close()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def stop(self, call_id: str) -> None:
        """The Stop key of an agent's phone: an objection."""
        await self.switchboard.stop(call_id, Answer.OBJECTED)

    async def watch_engine(self) -> None:
        """Say it when the engine fails or stands still: its silence would look like calm."""
        known = self.rooms.engine.stats()
        while True:
            await asyncio.sleep(ENGINE_WATCH_S)
            stats = self.rooms.engine.stats()
            self._engine_failure = _failure(known, stats)
            if self._engine_failure:
                log.error("engine.failed", ticks=stats.failed_ticks - known.failed_ticks, error=self._engine_failure)
            if stats.restarts > known.restarts:
                log.error("engine.restarted", restarts=stats.restarts - known.restarts, error=stats.last_loss)
            if stats.dropped_frames > known.dropped_frames:
                log.warning("engine.overloaded", dropped_frames=stats.dropped_frames - known.dropped_frames)
            known = stats

    async def watch_stops(self) -> None:
        """Obey stops that come past us: of the page, the line or the command line; of staff who took their yes back."""
        while True:
            await asyncio.sleep(STOPS_WATCH_S)
            try:
                await self.switchboard.obey()
            except DatabaseUnavailable as error:  # every session hears nothing until the file can be written again
                log.error("stops.not_known", error=str(error))

    def readiness(self) -> Readiness:
        """Whether calls can be analysed now."""
        pbx = "ok" if self.switchboard.is_connected else self.switchboard.sentence
        engine = self.rooms.engine.stats()
        checks = {
            "pbx": pbx,
            "engine": engine.trouble or self._engine_failure or "ok",
            "database": self._database.trouble or "ok",
            "keyring": self.rooms.ledger.keyring.trouble or "ok",
        }
        if self._foreign is not None:
            checks["tone"] = self._foreign.trouble or "ok"
        notes = {"engine": f"new calls are not analysed: {engine.full}"} if engine.full else {}
        return Readiness(all(check == "ok" for check in checks.values()), checks, notes)


def _failure(before: EngineStats, now: EngineStats) -> str:
    was_lost = now.trouble or now.restarts > before.restarts  # which explains it, and is told apart
    if now.failed_ticks > before.failed_ticks and not was_lost:
        return now.last_failure
    return "" if now.ticks > before.ticks else "it stands still"


async def _open(settings: Settings, stack: AsyncExitStack) -> Service:
    require(settings, datetime.now(UTC).date())
    pbx = choose_pbx(settings)
    ledger = await stack.enter_async_context(open_ledger(settings.database.path, settings.keys.folder))
    database = ledger.database
    await Forgetting(ledger).run()  # what a downtime delayed goes before anything is served
    announced = (*notices(settings), *staff_notices(settings))
    await ledger.announce(announced)
    reports = reports_of(settings)
    _say_languages(reports)
    if changed := await keep_change(ledger, settings, [one.notice_id for one in announced], reports.as_note()):
        log.info("settings.changed", settings=sorted(changed))
    board = Board(_not_shown)
    switchboards: list[Switchboard] = []
    choice = choice_of(settings)
    foreign = open_foreign(choice, reports.languages) if choice.is_foreign else None
    if foreign is not None:
        stack.callback(foreign.close)
    engine = _engine(settings, foreign, reports.languages, lambda verdict: switchboards[0].verdict(verdict))
    stack.push_async_callback(engine.stop)
    await engine.start()
    groups = await _open_groups(settings, database, engine.model_id, board, stack)
    dial_in = await open_dial_in(settings, ledger, pbx, lambda: switchboards[0].obey())
    rooms = Rooms(
        pbx=pbx.calls,
        ledger=ledger,
        gate=Gate(ledger),
        engine=engine,
        scores=Scores(database),
        weeks=Weeks(database, engine.model_id, settings.retention.scores_days, take=groups.take),
        board=board,
        topology=Topology(),
        roles=Roles(settings.parties.trunks, settings.parties.unmonitored),
        references=dial_in.announcer,
        place=await open_place(settings.media, stack),
        lease_s=settings.media.lease_s,
    )
    codes = Codes(pbx.lines, rooms.topology, rooms.roles, lambda call_id: switchboards[0].contest(call_id))
    stack.push_async_callback(codes.close)
    switchboards.append(Switchboard(rooms, lambda event: codes.take(event) or dial_in.take(event)))
    chores = (groups.look, Pulse(ledger).expire)
    service = Service(rooms, switchboards[0], database, dial_in, foreign, served(settings)[1], chores, codes)
    pusher = await _open_screens(settings, service, pbx.phones, stack)
    watched = Watched(
        rooms, switchboards[0], dial_in.lines, pusher.stats, service.readiness, lambda: service.drift.newest
    )
    stack.push_async_callback(await open_metrics(settings.metrics, watched))
    return service


def _say_languages(reports: Reports) -> None:
    """A report that unlocks nothing costs its language the tone, and no call anything: said, and the service starts."""
    for file, reason in reports.refused.items():
        log.error("report.refused", file=file, reason=reason)
    for language, one in reports.unlocked.items():
        log.info("language.unlocked", language=language, **one.as_note())


async def _open_groups(
    settings: Settings, database: Database, model_id: str, board: Board, stack: AsyncExitStack
) -> GroupWatch:
    figures = settings.figures
    watch = GroupWatch(
        Groups(database, figures.as_grouping(), figures.as_floor(), model_id, settings.retention.scores_days)
    )
    await watch.open()
    stack.push_async_callback(watch.close)
    board.watch(watch.see)
    return watch


def _engine(
    settings: Settings,
    foreign: ForeignTone | None,
    unlocked: frozenset[str],
    on_verdict: Callable[[Consented[Verdict]], None],
) -> Engine:
    ours = settings.analysis.model_folder if foreign is None else None
    files = read_verified(ours or PACKAGED)
    max_calls = settings.engine.max_calls
    if settings.engine.process == "bridge":
        host: NetworkHost = InBridge()
        detector, tone = SileroDetector(), foreign or OnnxToneModel(files, unlocked=unlocked)
    else:
        host = beside = ProcessNetworks(model_path().read_bytes(), files.contents[NETWORK])
        detector, tone = SileroDetector(beside.voice), foreign or OnnxToneModel(files, beside.tone, unlocked)
    if foreign is not None:
        host = WithForeign(host, foreign)
    return Engine(detector, tone, on_verdict, host=host, max_calls=max_calls)


async def _open_screens(settings: Settings, service: Service, phones: DeskPhones, stack: AsyncExitStack) -> Pusher:
    await phones.start()
    stack.push_async_callback(phones.stop)
    board = service.rooms.board
    hidden = HiddenCues(settings.keys.folder / HIDDEN_CUES)
    if hidden.trouble:
        log.error("cues.hidden", error=hidden.trouble)
    screens: list[Callable[[CallView], None]] = []
    cues = CueWatch(shipped(), hidden, lambda view: _draw_on(screens, view), service.rooms.tally.cues)
    by_http = phones_of(settings.screens.http)
    counts, direct = service.rooms.tally.screens, await open_phones(by_http, stack)
    pusher = Pusher(phones, cue_dropped=cues.dropped, direct=direct, sent=lambda one: counts.sent.update([one]))
    stack.push_async_callback(pusher.stop)
    tokens, family_of = Tokens(), await _families(settings, phones, stack)
    standing = Standing(settings.screens.addresses, tokens, family_of, settings.notice.languages[0])
    desk = Desk(family_of, settings.screens.base_url, pusher, tokens, board.view, standing, cues)
    board.watch(cues.see)  # before the desk, which draws what it found
    board.watch(desk.changed)
    board.watch(_say)
    board.watch(service.rooms.tally.see)
    board.watch(lambda view: counts.see(view, family_of))
    screens.append(desk.changed)
    asked = PhoneAuthentication(by_http.values())
    views: list[Views] = [_phone_views(settings, service, desk, phones), asked, *_pages(settings, service.rooms.ledger)]
    keys = service.stop, service.switchboard.contest
    page = open_page(settings.screens, board, cues, desk.changed, *keys, service.codes, stack)
    if page is not None:
        screens.append(page.cards.changed)
        views.append(page.views)
    app = make_app(views, service.readiness)
    tls = server_tls(settings.screens.tls_cert, settings.screens.tls_key)
    runner = await open_site(app, settings.screens.host, settings.screens.port, tls)
    stack.push_async_callback(runner.cleanup)
    if page is not None:
        stack.callback(page.views.close)  # or the server would wait for the live updates to end
    return pusher


def _draw_on(screens: Iterable[Callable[[CallView], None]], view: CallView) -> None:
    for draw in screens:
        draw(view)


async def _families(settings: Settings, phones: DeskPhones, stack: AsyncExitStack) -> Callable[[str], str]:
    """Which family an endpoint's phone is of; the PBX is asked where the settings leave that to it, and else never."""
    screens = settings.screens
    if Family.AUTO not in (screens.default_family, *screens.families.values()):
        return screens.family_of
    families = PhoneFamilies(screens.family_of, phones.user_agents)
    await families.look()
    stack.callback(asyncio.create_task(families.watch(), name="families watch").cancel)
    return families.family_of


def _phone_views(settings: Settings, service: Service, desk: Desk, phones: DeskPhones) -> PhoneViews:
    keys, tally = (desk, service.stop, service.switchboard.contest), service.rooms.tally.screens
    if not settings.screens.check_addresses:
        return PhoneViews(*keys, tally=tally)
    return PhoneViews(*keys, PhoneAddresses(phones.addresses).is_of, tally)


def _pages(settings: Settings, ledger: Ledger) -> tuple[RightsViews, StaffViews, PulseViews]:
    guesses = Guesses(ledger.database, ledger.keyring, ledger.keys)
    return RightsViews(Rights(ledger), guesses, site_of(settings)), StaffViews(ledger), PulseViews(Pulse(ledger))


def _say(view: CallView) -> None:
    log.debug("call.shown", call_id=view.call_id, stage=view.stage, agents=view.agents)


def _not_shown(view: CallView, error: Exception) -> None:
    log.error("view.not_shown", call_id=view.call_id, error=type(error).__name__, exc_info=error)


async def _drop_ended(board: Board) -> None:
    while True:
        await asyncio.sleep(10)
        board.drop_ended()

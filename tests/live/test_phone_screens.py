"""Every family's phone at a real PBX: registers, is found by its user agent, is told of its call, reads its card."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

import aiohttp
import pytest
import pytest_asyncio
from lxml import etree

from tests.ari_bridge.screens.web_phone import PASSWORD, USERNAME, Asks, WebPhone
from tests.lab.installation import Installation
from tests.lab.pbx_files import LINE_PASSWORD, REGISTERING
from tests.lab.phone import Notice, Phone
from tests.lab.phone.challenge import Challenge
from tests.lab.site import Site, open_site
from tests.live.people import talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

MAX_DATAGRAM_OCTETS: Final = 1_200
SETTLES_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Model:
    """One family's phone: how it names itself, and the NOTIFY that its makers' guides tell of: event, content type,
    and the root of its documents. `event` "" where none is documented.
    """

    family: str
    user_agent: str
    event: str = ""
    content_type: str = ""
    root: str = ""


TOLD: Final = (
    Model("yealink", "Yealink SIP-T46S 66.86.0.15", "Yealink-xml", "application/xml", "YealinkIPPhoneTextScreen"),
    Model("mitel", "Mitel 6869i/6.3.0.1020", "aastra-xml", "application/xml", "AastraIPPhoneTextScreen"),
    Model("mitel", "Aastra 55i/3.3.1.4305", "aastra-xml", "application/xml", "AastraIPPhoneTextScreen"),
    Model("snom", "snomD785/10.1.184.15", "xml", "application/snomxml", "SnomIPPhoneText"),
    Model("cisco", "Cisco-CP-8841-3PCC/11.0.1", "XML-Service", "text/xml", "CiscoIPPhoneText"),
)
BY_HTTP: Final = (
    Model("cisco-cucm", "Cisco-CP7962G/9.4.2", root="CiscoIPPhoneText"),
    Model("poly", "PolycomVVX-VVX_411-UA/5.9.7.3480", root="html"),
    Model("fanvil", "Fanvil X4U 2.12.18", root="FanvilIPPhoneText"),
    Model("unify", "OpenStage_60_V3 R5.8.0", root="IppPhone"),
)
FETCHING: Final = (Model("grandstream", "Grandstream GXP2170 1.0.11.64", root="xmlapp"),)
MODELS: Final = (*TOLD, *BY_HTTP, *FETCHING)
NUMBERS: Final = dict(zip((model.user_agent for model in MODELS), REGISTERING, strict=False))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one phone saw of a call. `card` is the document of its root that came, or that it read at the address that
    came; `fetched` its content type at that address, "" where the whole card came by HTTP; `notice` the NOTIFY.
    """

    card: bytes
    fetched: str
    notice: Notice | None
    asked_for_password: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Seen]]:
    """Ten calls at once, each at another phone; by user agent. Each family is found by itself, but for the firmware of
    Cisco's call manager, which its user agent does not tell from the other.
    """
    async with AsyncExitStack() as stack:
        servers = {model.user_agent: await stack.enter_async_context(WebPhone(_asks(model))) for model in BY_HTTP}
        entries = {
            str(NUMBERS[name]): {"address": server.origin, "username": USERNAME, "password_env": "PHONES_PASSWORD"}
            for name, server in servers.items()
        }
        chosen = {
            "OUIDIRE_SCREENS__DEFAULT_FAMILY": "auto",
            "OUIDIRE_SCREENS__HTTP": json.dumps(entries),
            "PHONES_PASSWORD": PASSWORD,
        }
        by_hand = {str(NUMBERS[model.user_agent]): model.family for model in MODELS if model.family == "cisco-cucm"}
        folder = tmp_path_factory.mktemp("site")
        site = await stack.enter_async_context(open_site(installation, folder, by_hand, environment=chosen))
        for model in MODELS:
            await _register(site, model, stack)
        await asyncio.gather(*(_call(site, model, servers.get(model.user_agent)) for model in MODELS))
        found = {model.user_agent: await _seen(site, model, servers.get(model.user_agent)) for model in MODELS}
        yield found


def _asks(model: Model) -> Asks:
    return Asks(schemes=("basic",) if model.family in ("cisco-cucm", "fanvil") else ("digest",))


async def _register(site: Site, model: Model, stack: AsyncExitStack) -> None:
    number = NUMBERS[model.user_agent]
    challenge = Challenge(str(number), LINE_PASSWORD) if model.family == "cisco" else None
    opened = await Phone.open(
        site.pacer, str(number), site.pbx.server, user_agent=model.user_agent, challenge=challenge
    )
    phone = await stack.enter_async_context(opened)
    await phone.register()
    phone.answer_by_itself()
    site.agents[number] = phone


async def _call(site: Site, model: Model, server: WebPhone | None) -> None:
    """A caller says yes and meets the phone's agent; both stay until the phone was told, or could have been."""
    number = NUMBERS[model.user_agent]
    phone = site.agents[number]
    await talk(site, f"5{number}", f"06400{number:05}", number)
    if server is not None:
        await site.until(f"a push by HTTP to {model.user_agent}", lambda: bool(server.taken))
    elif model.event:
        await site.until(f"a NOTIFY to {model.user_agent}", lambda: bool(phone.notices))
    await asyncio.sleep(SETTLES_S)


async def _seen(site: Site, model: Model, server: WebPhone | None) -> Seen:
    """What the phone was told last, and what it reads where that leads it, while the call is up."""
    phone = site.agents[NUMBERS[model.user_agent]]
    notice = phone.notices[-1] if phone.notices else None
    came = server.taken[-1].body if server is not None else notice.body if notice is not None else b""
    if not came:
        return Seen(b"", "", notice, 0)
    url, card = _address_in(came, site.service.base_url), came
    fetched = ""
    if url:
        async with aiohttp.ClientSession() as http, http.get(url) as page:
            assert page.status == 200, f"{model.user_agent} reads nothing at its address"
            fetched, read = page.headers["Content-Type"], await page.read()
        card = came if model.root.encode() in came else read
    return Seen(card, fetched, notice, 0 if server is None else server.asked)


def _address_in(came: bytes, base_url: str) -> str:
    """The first address of ours in what came to a phone; "" where there is none."""
    form = {name: values[0] for name, values in parse_qs(came.decode()).items()}
    if "ProgramName" in form:
        return base_url + form["ProgramName"]
    root = etree.fromstring(form.get("XML", came.decode()).encode())
    held = [value.strip() for one in root.iter() for value in (*one.attrib.values(), one.text or "")]
    paths = [base_url + value if value.startswith("/") else value for value in held]
    return next((unquote(path) for path in paths if path.startswith(base_url)), "")


@pytest.mark.parametrize("model", TOLD, ids=lambda model: model.user_agent)
async def test_a_phone_is_told_by_its_familys_notify_and_reads_its_card(seen: dict[str, Seen], model: Model) -> None:
    """Law: event and content type are the family's; the NOTIFY fits into one packet of 1,200 bytes, SIP headers
    included; the address that it brings can be read.
    """
    told = seen[model.user_agent]
    assert told.notice is not None
    assert (told.notice.headers["Event"], told.notice.headers["Content-Type"]) == (model.event, model.content_type)
    assert int(told.notice.headers["Content-Length"]) == len(told.notice.body)
    assert told.notice.octets <= MAX_DATAGRAM_OCTETS
    assert etree.fromstring(told.card).tag == model.root
    assert told.fetched


@pytest.mark.parametrize("model", BY_HTTP, ids=lambda model: model.user_agent)
async def test_a_phone_without_a_notify_is_told_by_http(seen: dict[str, Seen], model: Model) -> None:
    """Law: the phone's own web server asks for the password, gets it, and the card or its address; there the phone
    reads its card. No NOTIFY is sent to it.
    """
    told = seen[model.user_agent]
    assert told.asked_for_password
    assert etree.fromstring(told.card).tag.rpartition("}")[2] == model.root
    assert told.notice is None


@pytest.mark.parametrize("model", FETCHING, ids=lambda model: model.user_agent)
async def test_a_phone_that_only_fetches_gets_nothing_by_itself(seen: dict[str, Seen], model: Model) -> None:
    """Law: where no guide tells of a push none is tried."""
    assert seen[model.user_agent].notice is None

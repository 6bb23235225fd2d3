"""`ouidire phone`: what a desk phone would show, and of which family it is."""

from __future__ import annotations

import json
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.models.extra import needs_reports
from ari_bridge.cli.phones.looks import LOOKS, PLAIN
from ari_bridge.cli.phones.samples import TENSE, samples
from ari_bridge.run import settings as all_settings
from ari_bridge.screens.card import ScoreCard
from ari_bridge.screens.detection import family_of
from ari_bridge.screens.document import Family
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.words import LANGUAGES
from ari_bridge.web.standing import new_secret
from consent.errors import InvalidValue, OuidireError

ALL: Final = "all"
FOLDER: Final = Path("ouidire-phones")
URL: Final = "http://192.0.2.10:8480/p/{}/PREVIEWPREVIEWPREVIEW0"
"""An address as long as a real one, on a network that exists nowhere (RFC 5737)."""


class NotWritten(OuidireError):
    """The folder or a file cannot be written."""


def run(arguments: Namespace) -> Exit:
    """One of the three. Raises ExtraMissing, NotWritten, SettingsError, InvalidValue."""
    match arguments.what:
        case "detect":
            return _detect(arguments.user_agent)
        case "address":
            return _address(arguments)
        case _:
            return _preview(arguments)


def _address(arguments: Namespace) -> Exit:
    screens = all_settings.load(arguments.settings).screens
    family = screens.family_of(arguments.endpoint)
    if family == "auto":
        raise InvalidValue(f"name the family of {arguments.endpoint} in screens.families: its address holds it")
    if family == "none":
        raise InvalidValue(f"{arguments.endpoint} has no screen: name its family in screens.families first")
    secret, sha256 = new_secret()
    print(f"{screens.base_url}/p/{FAMILIES[family].code}/{secret}")
    print(
        "is an address for that phone alone, and cannot be shown again. It works once the settings hold, in [screens]:"
    )
    print(f'addresses = {{ {json.dumps(arguments.endpoint)} = "{sha256}" }}')
    return Exit.OK


def _detect(user_agent: str) -> Exit:
    family = family_of(user_agent)
    print(family or "none: no family of desk phones that is known here; it gets no document")
    return Exit.OK


def _preview(arguments: Namespace) -> Exit:
    families = tuple(FAMILIES) if arguments.family == ALL else (arguments.family,)
    cards = samples(arguments.language)
    names = tuple(cards) if arguments.card == ALL else (arguments.card,)
    files = (
        file
        for family in families
        for name in names
        for file in previews(FAMILIES[family], f"{family}_{name}_{arguments.language}", cards[name])
    )
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for file_name, content in files:
            (arguments.out / file_name).write_bytes(content)
            print(arguments.out / file_name)
    except OSError as error:
        raise NotWritten(f"{arguments.out} cannot be written: {error.strerror}") from error
    return Exit.OK


def previews(family: Family, stem: str, card: ScoreCard) -> Iterator[tuple[str, bytes]]:
    """File name and content: the document that is fetched, the body that is pushed if one is, and the picture.

    Raises ExtraMissing.
    """
    url = URL.format(family.code)
    body = family.render(card, url).body
    yield f"{stem}.xml", body
    if family.notify is not None:
        yield f"{stem}_notify.txt", "".join(f"{line}\n" for line in family.notify(card, url).content).encode()
    with needs_reports():
        from ari_bridge.cli.phones.drawing import png

        picture = png(body, LOOKS.get(family.name, PLAIN))
    yield f"{stem}.png", picture


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    summary = "a card as a family's document and as a picture of its screen; needs the extra reports"
    one = kinds.add_parser("preview", help=summary, description=summary)
    one.add_argument("family", metavar="FAMILY", choices=(*FAMILIES, ALL), help=f"{', '.join(FAMILIES)}, or {ALL}")
    one.add_argument(
        "--card", choices=(*samples("en"), ALL), default=TENSE, metavar="CARD",
        help=f"which made-up call: {', '.join(samples('en'))}, or {ALL} (default: {TENSE})",
    )  # fmt: skip
    one.add_argument("--language", choices=tuple(LANGUAGES), default="en", help="of the card (default: en)")
    one.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help=f"default: {FOLDER}")
    other_summary = "which family a phone is of, by the user agent with which it registers"
    other = kinds.add_parser("detect", help=other_summary, description=other_summary)
    other.add_argument("user_agent", metavar="USER-AGENT", help='as the PBX shows it: "Yealink SIP-T46S 66.86.0.15"')
    third_summary = "a new address that stays, for a phone that only fetches: it opens it in every call"
    third = kinds.add_parser("address", help=third_summary, description=third_summary)
    third.add_argument("endpoint", metavar="ENDPOINT", help="the phone's PJSIP endpoint: 1001")
    for kind in (one, other, third):
        kind.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


COMMAND = Command(
    "phone",
    "What a desk phone would show: a made-up card as the XML of its family and as a picture; of which family it is.",
    (
        ("ouidire phone preview yealink", f"writes {FOLDER}/yealink_{TENSE}_en.xml and .png"),
        ("ouidire phone preview all --card all --language fr", "every family, every state of a call, in French"),
        ("ouidire phone address 1003", "an address that stays, for a phone that only fetches"),
        ("ouidire phone detect 'Yealink SIP-T46S 66.86.0.15'", "yealink: for screens.families"),
    ),
    _add_arguments,
    run,
)

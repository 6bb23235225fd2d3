"""Unify's OpenStage and OpenScape desk phones: an XML application that asks again by itself. Nothing is pushed.

Source: OpenStageSDK (Apache-2.0) and the vendor's developer guide in it. A screen has one address, to which all its
commands are sent: so each key that leads elsewhere has a screen of its own, on which it is pressed a second time.
"""

from __future__ import annotations

from ari_bridge.screens.card import MAX_LABEL_CHARACTERS, Action, ScoreCard
from ari_bridge.screens.document import Capability, Document, Family, PushKind
from ari_bridge.screens.lettering import clean, shorten
from ari_bridge.screens.xml_wire import Element, document, leaf, parent

MAX_TITLE_CHARACTERS = 32
MAX_OBJECT_BYTES = 10_000
"""Not in the guide."""
MAX_SCREENS = 5

CAPABILITY = Capability(
    push=PushKind.NONE,
    object_bytes=MAX_OBJECT_BYTES,
    text_characters=MAX_OBJECT_BYTES,
    softkeys=4,
    encoding="UTF-8",
    hardware_tested=False,
    needs="an XML application on the phone with the address; it asks again by itself while it is open",
)


def render(card: ScoreCard, url: str) -> Document:
    """The document for a GET of `url`.

    Raises:
        TooLarge: more than 10,000 bytes.
    """
    root = Element("IppPhone")
    display = parent(root, "IppDisplay", InitialScreen="1")
    first = parent(display, "IppScreen", ID="1")
    _alert(first, card.title, url, card.told)
    if card.refresh_s is not None:
        update = _command(first, card.update, Type="UPDATE", Auto=str(card.refresh_s), Key="u", Value="1")
        update.set("Default", "YES")
    for key in card.keys:
        if key.action is Action.EXIT:
            _command(first, key.label, Type="EXIT")
        elif key.action is Action.BACK:  # the address of this very screen
            _command(first, key.label, Type="SELECT", Key="pressed", Value="1")
        else:
            _leads_to(first, key.label, _screen_of(display, card, key.label, f"{url}/{key.action.value}"))
    for screen in display:
        screen.set("CommandCount", str(len(screen.findall("IppCommand"))))
    return document(root, CAPABILITY.encoding, MAX_OBJECT_BYTES, {})


def _screen_of(display: Element, card: ScoreCard, label: str, url: str) -> str:
    """Add the screen on which a key is pressed a second time; its number. Its other command leads back."""
    number = str(len(display) + 1)
    screen = parent(display, "IppScreen", ID=number)
    _alert(screen, label, url, (card.consent,))
    _command(screen, label, Type="SELECT", Key="pressed", Value="1")
    _leads_to(screen, shorten(clean(card.title), MAX_LABEL_CHARACTERS), "1")
    return number


def _alert(screen: Element, title: str, url: str, lines: tuple[str, ...]) -> None:
    alert = parent(screen, "IppAlert", Type="INFO", Delay="FOREVER")
    leaf(alert, "Title", shorten(clean(title), MAX_TITLE_CHARACTERS))
    leaf(alert, "Url", url)
    leaf(alert, "Text", *lines)


def _leads_to(screen: Element, label: str, number: str) -> None:
    leaf(_command(screen, label, Type="SCREEN"), "ScreenID", number)


def _command(screen: Element, label: str, **attributes: str) -> Element:
    priority = len(screen.findall("IppCommand"))
    command = parent(screen, "IppCommand", Priority=str(priority), DisplayOn="OPTIONS", **attributes)
    leaf(command, "Label", clean(label))
    return command


FAMILY = Family("unify", "u", CAPABILITY, render, None)

"""Laws of the demo's desk phone."""

from tests.demo import desk_screen
from tests.demo.desk_screen import Drawing
from tests.lab.phone import Notice
from tests.lab.phone.sip_wire import Headers

YEALINK = b"""<?xml version='1.0' encoding='UTF-8'?><YealinkIPPhoneTextScreen><Title>Call</Title><Text>Consent: granted.
Tone: calm.</Text><SoftKey index='1'><Label>Stop</Label><URI>http://127.0.0.1:1/p/y/a-B_1/stop</URI></SoftKey>
</YealinkIPPhoneTextScreen>"""
CISCO = b"<CiscoIPPhoneExecute><ExecuteItem Priority='0' URL='http://127.0.0.1:1/p/c/xyz'/></CiscoIPPhoneExecute>"


def test_the_address_is_taken_from_what_was_pushed() -> None:
    """From a softkey's address the card's own, from a push of an address that one; the newest counts."""
    assert desk_screen.address_in([YEALINK]) == "http://127.0.0.1:1/p/y/a-B_1"
    assert desk_screen.address_in([YEALINK, CISCO]) == "http://127.0.0.1:1/p/c/xyz"
    assert desk_screen.address_in([b"<a/>"]) is None


def test_both_vendors_are_drawn() -> None:
    """Title, lines and softkeys, whichever names the vendor gives them."""
    assert desk_screen.read(YEALINK.decode()) == Drawing("Call", ("Consent: granted.", "Tone: calm."), ("Stop",))
    key = "<SoftKeyItem><Name>Exit</Name></SoftKeyItem>"
    cisco = f"<CiscoIPPhoneText><Title>C</Title><Text>No.</Text>{key}</CiscoIPPhoneText>"
    assert desk_screen.read(cisco) == Drawing("C", ("No.",), ("Exit",))


def test_every_line_of_a_box_is_as_wide_as_the_others() -> None:
    """Long lines are wrapped, never cut."""
    rows = desk_screen.box(Drawing("Title", ("word " * 30, ""), ("Stop", "Exit")), 40)
    assert {len(row) for row in rows} == {40}
    assert sum(row.count("word") for row in rows) == 30


async def test_without_a_reachable_address_the_pushed_card_counts() -> None:
    """A phone whose bridge is dead shows what it was pushed last; a phone that got nothing shows nothing."""
    seen = await desk_screen.look([Notice(1, Headers([]), YEALINK)], "yealink")
    assert seen is not None
    assert (seen.source, seen.pushes) == ("notify", 1)
    assert await desk_screen.look([], "yealink") is None
    assert await desk_screen.look([Notice(1, Headers([]), CISCO)], "cisco") is None

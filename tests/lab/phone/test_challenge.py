"""Laws of the phone that asks for its line's password."""

import hashlib

import pytest

from tests.lab.phone.challenge import REALM, Challenge
from tests.lab.phone.sip_wire import Headers, Request

URI = "sip:1041@127.0.0.1:5060"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def shown(challenge: Challenge, username: str, password: str) -> Request:
    """A NOTIFY with the proof of a password."""
    proof = md5(f"{md5(f'{username}:{REALM}:{password}')}:{challenge.nonce}:{md5(f'NOTIFY:{URI}')}")
    told = f'Digest username="{username}", realm="{REALM}", nonce="{challenge.nonce}", uri="{URI}", response="{proof}"'
    return Request("NOTIFY", URI, Headers([("Authorization", f"{told}, algorithm=MD5")]))


def test_the_password_opens_and_nothing_else() -> None:
    """Law: the right name and password are taken; none, a wrong one and another's are counted and not taken."""
    challenge = Challenge("1041", "secret")
    assert challenge.is_met(shown(challenge, "1041", "secret"))
    assert not challenge.is_met(Request("NOTIFY", URI, Headers()))
    assert (challenge.asked, challenge.failed) == (1, 0)
    assert not challenge.is_met(shown(challenge, "1041", "guess"))
    assert not challenge.is_met(shown(challenge, "1042", "secret"))
    assert (challenge.asked, challenge.failed) == (1, 2)


@pytest.mark.parametrize("nonce", ["", "n1"])
def test_a_proof_for_another_question_is_none(nonce: str) -> None:
    """Law: what was shown to one question answers no other."""
    challenge = Challenge("1041", "secret")
    old = shown(Challenge("1041", "secret", nonce), "1041", "secret")
    assert not challenge.is_met(old)
    assert f'nonce="{challenge.nonce}"' in challenge.header()[1]

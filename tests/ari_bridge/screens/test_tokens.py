"""Laws of the secret addresses."""

from __future__ import annotations

import base64
import dataclasses

from ari_bridge.screens import tokens as tokens_module
from ari_bridge.screens.tokens import ASKED_FOR_S, ENDED_FOR_S, MAX_CALL_S, Tokens
from tests.ari_bridge.screens.clock import Clock


def test_a_token_has_128_bits_and_tells_nothing() -> None:
    """Sixteen random bytes: neither call nor extension can be read from it, and none comes twice."""
    tokens = Tokens(Clock())
    issued = {tokens.issue(f"call-{n}", "1001", "yealink", "en").token for n in range(500)}
    assert len(issued) == 500
    assert all(len(base64.urlsafe_b64decode(token + "==")) == 16 for token in issued)


def test_no_text_of_a_ticket_holds_its_secrets() -> None:
    """What a log or a traceback would print of it opens no card."""
    ticket = dataclasses.replace(Tokens(Clock()).issue("c1", "1001", "yealink", "en"), standing="of-the-settings")
    assert ticket.token not in repr(ticket)
    assert "of-the-settings" not in repr(ticket)


def test_a_call_and_extension_have_one_token() -> None:
    """The same phone keeps its address through the call; another extension or call has another."""
    tokens = Tokens(Clock())
    first = tokens.issue("c1", "1001", "yealink", "en")
    assert tokens.issue("c1", "1001", "yealink", "en") == first
    assert tokens.issue("c1", "1002", "yealink", "en").token != first.token
    assert tokens.issue("c2", "1001", "yealink", "en").token != first.token
    assert tokens.find(first.token) == first
    assert tokens.find("A" * 22) is None


def test_a_phone_of_another_family_gets_another_token() -> None:
    """When an extension's phone is exchanged in mid-call, the old one's address is dead."""
    tokens = Tokens(Clock())
    old = tokens.issue("c1", "1001", "yealink", "en")
    new = tokens.issue("c1", "1001", "cisco", "en")
    assert tokens.find(old.token) is None
    assert tokens.of_call("c1") == (new,)


def test_a_token_says_ended_for_60_s_and_is_then_dead() -> None:
    """After the end it is no living ticket of the call; a second end does not lengthen its time."""
    clock = Clock()
    tokens = Tokens(clock)
    ticket = tokens.issue("c1", "1001", "yealink", "en")
    tokens.end(ticket)
    clock.now_s += ENDED_FOR_S - 0.01
    found = tokens.find(ticket.token)
    assert found is not None
    assert found.ended
    assert tokens.of_call("c1") == ()
    tokens.end(ticket)
    clock.now_s += 0.01
    assert tokens.find(ticket.token) is None
    assert len(tokens) == 0


def test_a_call_that_comes_back_to_a_phone_has_a_new_address() -> None:
    """An address that has ended never lives again."""
    tokens = Tokens(Clock())
    old = tokens.issue("c1", "1001", "yealink", "en")
    tokens.end(old)
    assert tokens.issue("c1", "1001", "yealink", "en").token != old.token


def test_a_call_whose_end_was_missed_dies_all_the_same() -> None:
    """After twelve hours a token is dead, also for who would have it issued again."""
    clock = Clock()
    tokens = Tokens(clock)
    old = tokens.issue("c1", "1001", "yealink", "en")
    clock.now_s += MAX_CALL_S
    assert tokens.issue("c1", "1001", "yealink", "en").token != old.token
    assert tokens.find(old.token) is None


def test_memory_is_bounded() -> None:
    """Beyond the bound the ticket that would die first makes room: an ended one before a living one."""
    clock = Clock()
    tokens = Tokens(clock)
    ended = tokens.issue("ended", "1001", "yealink", "en")
    tokens.end(ended)
    for n in range(tokens_module.MAX_TICKETS):
        tokens.issue(f"call-{n}", "1001", "yealink", "en")
    assert len(tokens) == tokens_module.MAX_TICKETS
    assert tokens.find(ended.token) is None
    assert len(tokens.of_call("call-0")) == 1


def test_an_extension_has_the_ticket_of_its_newest_call() -> None:
    """Of two calls of one extension the later counts; an ended one counts no more; another extension's never."""
    tokens = Tokens(Clock())
    first = tokens.issue("c1", "1001", "yealink", "en")
    second = tokens.issue("c2", "1001", "yealink", "en")
    tokens.issue("c3", "1002", "yealink", "en")
    assert tokens.of_extension("1001") == second
    tokens.end(second)
    assert tokens.of_extension("1001") == first
    tokens.end(first)
    assert tokens.of_extension("1001") is None


def test_a_question_is_answered_once_and_in_time() -> None:
    """An answer without a question, a second one, a late one or another phone's counts for nothing."""
    clock = Clock()
    tokens = Tokens(clock)
    one, other = (tokens.issue("c1", extension, "yealink", "en") for extension in ("1001", "1002"))
    assert not tokens.answer(one)
    tokens.ask(one)
    assert not tokens.answer(other)
    assert tokens.answer(one)
    assert not tokens.answer(one)
    tokens.ask(one)
    clock.now_s += ASKED_FOR_S
    assert not tokens.answer(one)

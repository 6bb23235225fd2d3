"""The dialplan's answers as it writes them, in events and in its journal, read strictly: one form on every PBX. Pure.

Whoever may send an event may write anything into it, so a field that is not exactly as our dialplan writes it makes
the whole answer void: a doubt is never a yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ari_bridge.pbx.port import Answered, Channel
from consent.states import Answer, Why

FAMILY: Final = "ouidire"
"""The family (AstDB) or realm (mod_db) that holds the journal: key `<answer>-<call>`, value
`<epoch>|<why>|<notice>|<language>`."""
CALL_ID: Final = re.compile(r"[A-Za-z0-9._:@=+~-]{1,150}")
"""A channel's unique id, without what could end a dialplan function's argument or begin another."""
_NOTICE: Final = re.compile(r"[A-Za-z0-9._-]{0,64}")
_LANGUAGE: Final = re.compile(r"(?:[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?)?")
_TAG: Final = re.compile(r"[0-9]{1,20}-[0-9a-f]{40}")
_EPOCH: Final = re.compile(r"[0-9]{1,11}")
_ORDER: Final = (Answer.ASKED, Answer.GRANTED, Answer.REFUSED, Answer.OBJECTED, Answer.WITHDRAWN)
_WAYS: Final[dict[Answer, frozenset[Why]]] = {
    Answer.ASKED: frozenset({Why.NOTICE}),
    Answer.GRANTED: frozenset({Why.KEY}),
    # NOTICE: a prompt could not be played, so nothing was announced.
    Answer.REFUSED: frozenset({Why.KEY, Why.SILENCE, Why.WRONG_KEYS, Why.HANGUP, Why.STOP_KEYS, Why.NOTICE}),
    Answer.OBJECTED: frozenset({Why.STOP_KEYS}),
    # SPOKEN: the caller said it, and the agent pressed for the caller.
    Answer.WITHDRAWN: frozenset({Why.STOP_KEYS, Why.SPOKEN}),
}
_OF_THE_CALLER: Final = frozenset({Answer.ASKED, Answer.GRANTED, Answer.REFUSED})
"""Given by the asked channel itself, so sent by no other."""


def from_event(fields: Mapping[str, object], channel: Channel) -> Answered | None:
    """A UserEvent `OuidireAnswer` that `channel` sent; None if anything in it is odd."""
    texts = [fields.get(name) for name in ("Call", "Answer", "At", "Why", "Notice", "Language")]
    if not all(isinstance(text, str) for text in texts):
        return None
    answered = _answered(*map(str, texts), channel=channel)
    if answered is not None and answered.answer in _OF_THE_CALLER and channel.channel_id != answered.call_id:
        return None
    return answered


def from_journal(key: str, value: str) -> Answered | None:
    """An entry of AstDB (`key` with or without its family); None if anything in it is odd."""
    answer, dash, call_id = key.removeprefix(f"/{FAMILY}/").partition("-")
    parts = value.split("|")
    if not dash or len(parts) != 4:
        return None
    at, why, notice_id, language = parts
    return _answered(call_id, answer, at, why, notice_id, language, channel=None)


def tagged(entry: Answered, tag: str) -> Answered:
    """The entry with what stands for the number; as it is where that is odd."""
    return replace(entry, number_tag=tag) if _TAG.fullmatch(tag) else entry


def journal_key(entry: Answered) -> str:
    """The key under which the dialplan keeps an answer."""
    return f"{entry.answer}-{entry.call_id}"


def in_order(entries: list[Answered]) -> list[Answered]:
    """Oldest first; what was answered in one second, in the order in which a call can answer."""
    return sorted(entries, key=lambda entry: (entry.at, _ORDER.index(entry.answer)))


def _answered(
    call_id: str, answer: str, at: str, why: str, notice_id: str, language: str, *, channel: Channel | None
) -> Answered | None:
    try:
        known, way = Answer(answer), Why(why)
    except ValueError:
        return None
    patterns = ((CALL_ID, call_id), (_NOTICE, notice_id), (_LANGUAGE, language), (_EPOCH, at))
    if way not in _WAYS.get(known, ()) or not all(pattern.fullmatch(text) for pattern, text in patterns):
        return None
    if known in (Answer.ASKED, Answer.GRANTED) and not notice_id:
        return None
    moment = datetime.fromtimestamp(int(at), UTC)
    return Answered(call_id, known, way, notice_id, language, moment, channel)

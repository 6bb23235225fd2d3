"""The one port to a PBX: what the bridge asks of it (`Pbx`) and what it tells us (events). Adapters live beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from consent.grant import ConsentGrant
from consent.states import Answer, Why


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the PBX.

    `endpoint` is the configured endpoint of a real leg ("trunk", "1001"), None for a channel without one (a Local
    half, a snoop, our own UnicastRTP). `peer_half` is the name of the other half of a Local pair, else None.
    `consent` and `call_id` are the PBX's own variables on it ("" where unset).
    """

    channel_id: str
    name: str
    endpoint: str | None
    peer_half: str | None
    call_id: str
    consent: str
    language: str
    is_foreign: bool = False
    """Somebody speaks here by a technology whose endpoints say nothing of parties: nobody may be heard beside it."""


class Line(StrEnum):
    """A line that one dials to speak with the bridge itself; nobody else is on it."""

    RIGHTS = "rights"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class LineEntered:
    """Somebody dialled one of our own lines, and waits there for us.

    `number` is the caller's own, "" where it is withheld; it is for asking the keyring alone, never for a log.
    `endpoint` is as of a Channel.
    """

    channel_id: str
    line: Line
    number: str = field(repr=False)
    endpoint: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All channels and bridges at one moment; bridges map an id to the ids of the channels in it.

    `held` are the ids of the channels that have the other party on hold, `deaf` those of the bridges in which the PBX
    itself does not look at keys (a conference). `lines` are those who wait on one of our own lines.
    """

    channels: tuple[Channel, ...]
    bridges: Mapping[str, frozenset[str]]
    held: frozenset[str] = frozenset()
    deaf: frozenset[str] = frozenset()
    lines: tuple[LineEntered, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected:
    """The PBX is there (again): everything known before may be stale, this is what holds now."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The PBX cannot be heard: keys may be missed from now on. `sentence` says why and what happens next."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The dialplan's word about a call: asked, granted, refused, withdrawn, objected."""

    call_id: str
    answer: Answer
    why: Why
    notice_id: str
    language: str
    at: datetime
    channel: Channel | None
    """The channel that sent it (None when it came from the journal)."""
    number_tag: str = ""
    """The caller's number under a key and a nonce (never the number), "" where there is none."""


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel appeared or its values changed."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """A channel was hung up."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class BridgeChanged:
    """Who is in a bridge now (an empty set: nobody, it is gone); `deaf`: the PBX does not look at keys there."""

    bridge_id: str
    channel_ids: frozenset[str]
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """A party put the other on hold, or took it back."""

    channel_id: str
    held: bool


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A party pressed a key that reached us."""

    channel_id: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ForkRefused:
    """The PBX's own gate refused a fork (`why`: "denied", "full")."""

    call_id: str
    channel_id: str
    why: str


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """What `play` began on a line has ended; `is_whole` is False where the PBX could not play it."""

    channel_id: str
    play_id: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ReferenceSaid:
    """The PBX has said a call's reference to its caller: the recording is needed no more."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Contested:
    """Somebody pressed the keys of a contest twice, on a leg that the PBX counts to a call. Who that is stays to be
    looked at: whether the leg is an agent's, and in that call's conversation.

    `endpoint` is the leg's own, out of any log: nobody is told who contested.
    """

    call_id: str
    channel_id: str
    endpoint: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paired:
    """Somebody dialled a code that a page may have shown, at the telephone of that endpoint, and waits for a word."""

    endpoint: str = field(repr=False)
    code: str = field(repr=False)
    channel_id: str


PbxEvent = (
    Connected
    | Disconnected
    | Answered
    | ChannelChanged
    | ChannelGone
    | BridgeChanged
    | HoldChanged
    | KeyPressed
    | ForkRefused
    | LineEntered
    | PromptEnded
    | ReferenceSaid
    | Contested
    | Paired
)


@dataclass(frozen=True, slots=True)
class PbxFork:
    """A running fork as the PBX names it: the snoop channel that carries one leg's own mouth to `target`."""

    fork_id: str
    channel_id: str
    target: str


class PbxRefused(Exception):
    """The PBX answered no; the message is a sentence for the log."""


class Pbx(Protocol):
    """What the bridge needs of a PBX. Every method raises PbxRefused on a no and TimeoutError when nothing answers."""

    def events(self) -> AsyncIterator[PbxEvent]:
        """Everything that happens, beginning with Connected or Disconnected; reconnects by itself with back-off.

        Raises PbxRefused (and ends) only where a retry cannot help: wrong password, another bridge took our name.
        """
        ...

    async def consent_of(self, call_id: str) -> str:
        """The call's own consent variable as the PBX holds it now ("" where there is none or no such channel)."""
        ...

    async def fork(self, grant: ConsentGrant, channel_id: str, target: str) -> PbxFork:
        """Have the PBX send that leg's own mouth to `target`, an ear's of ours, by way of its gate."""
        ...

    async def renew(self, fork: PbxFork) -> None:
        """Renew the fork's lease."""
        ...

    async def end_fork(self, fork: PbxFork) -> None:
        """End a fork; one that has ended already is no error."""
        ...

    async def sweep(self, keep: frozenset[str]) -> int:
        """Hang up every fork of ours whose id is not in `keep`; how many there were."""
        ...

    async def stop_call(self, call_id: str, answer: Answer) -> None:
        """Set the call's consent variable to `answer` and journal it, for keys that the PBX itself did not look at."""
        ...

    async def journal(self) -> Sequence[Answered]:
        """The answers that the PBX keeps until they are forgotten, oldest first."""
        ...

    async def forget(self, entry: Answered) -> None:
        """Remove a journal entry that the ledger holds now."""
        ...

    async def say(self, call_id: str, recording: str) -> None:
        """Have the caller of a call hear a recording, by its path without the ending; the dialplan says when."""
        ...


class LinePbx(Protocol):
    """What our own lines need of a PBX. Raises as `Pbx` does: PbxRefused on a channel that is gone too."""

    async def play(self, channel_id: str, prompts: Sequence[str]) -> str:
        """Begin to play our prompts by name, one after the other; the id that PromptEnded will repeat."""
        ...

    async def stop_playing(self, play_id: str) -> None:
        """End what plays; what has ended already is no error."""
        ...

    async def hang_up_line(self, channel_id: str) -> None:
        """End the call of somebody on one of our lines; one that has ended already is no error."""
        ...

    async def send_line(self, channel_id: str, context: str, extension: str) -> None:
        """Hand somebody on one of our lines back to the dialplan, there."""
        ...


class CodePbx(Protocol):
    """What the agents' codes need of a PBX. Raises as `Pbx` does."""

    async def answer_code(self, channel_id: str, prompt: str) -> None:
        """Have the PBX say one of our prompts, by name, to whoever contested or dialled a code on that channel."""
        ...


class Phones(Protocol):
    """What the screens need of a PBX: bring a document to a desk phone. Raises as `Pbx` does."""

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """Send one SIP NOTIFY to every contact of `endpoint`; `content` are the body's pieces, each on one line.

        Returning means "sent to the PBX", never "displayed".
        """
        ...

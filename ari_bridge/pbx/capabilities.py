"""What each PBX can do for us, as one table: docs/pbx-differences.md is made from it, so that code and document say the
same. A thing that both do alike stands here too where one may ask.
"""

from dataclasses import dataclass
from typing import Final

from consent.errors import InvalidValue

YES: Final = "yes"
NO: Final = "no"


@dataclass(frozen=True, slots=True)
class Capability:
    """`what` is asked for; `asterisk` and `freeswitch` say yes, no, or how, in a phrase.

    Raises:
        InvalidValue: an empty word, or one that would break a table's cell.
    """

    name: str
    what: str
    asterisk: str
    freeswitch: str

    def __post_init__(self) -> None:
        for text in (self.name, self.what, self.asterisk, self.freeswitch):
            if not text.strip() or "|" in text or "\n" in text:
                raise InvalidValue(f"not the text of a cell: {text!r}")

    @property
    def is_alike(self) -> bool:
        """True where a reader need not choose by it."""
        return self.asterisk == self.freeswitch


ASKING: Final = (
    Capability("incoming", "callers are asked", YES, YES),
    Capability(
        "outgoing",
        "whom staff call is asked",
        "yes: the context ouidire-outgoing",
        "yes: the extension ouidire_outgoing",
    ),
    Capability(
        "meanwhile",
        "what staff hear while whom they called is asked",
        "nothing",
        "ringing, and before that no announcement of the network",
    ),
    Capability("once", "a transferred caller is not asked again", YES, YES),
    Capability(
        "languages", "the question in the channel's own language", "by CHANNEL(language)", "by default_language"
    ),
    Capability("emergency", "calls for help are never asked", YES, YES),
    Capability("listed", "numbers of asking.never_asked are never asked", YES, YES),
    Capability(
        "quiet",
        "who asked never to be asked again",
        "yes: a line, by the hash of the number",
        "yes: a line, by the hash of the number",
    ),
    Capability(
        "hours",
        "asking at certain hours",
        "in any time zone of the system",
        "in FreeSWITCH's own time zone, and those of timezones.conf.xml",
    ),
    Capability(
        "quota",
        "asking.quota_percent of the callers",
        "drawn by lot",
        "drawn by the first byte of the channel's UUID, to the 256th part below",
    ),
    Capability("reference", "the caller hears the call's reference after a yes", YES, YES),
    Capability(
        "hung up",
        "a hang-up while being asked is a no",
        "journalled by the PBX",
        "told by the bridge; if it was away since the question, one without an answer is a no once the call is over",
    ),
)
STOPPING: Final = (
    Capability("*9", "either party stops, also with the bridge dead", YES, YES),
    Capability("*8", "the agent presses for a caller who says so", YES, YES),
    Capability("*7", "the agent contests a score by keys", YES, YES),
    Capability("journal", "answers are kept while the bridge is away", "in AstDB", "in mod_db"),
    Capability(
        "bypass",
        "calls whose voice goes past the PBX",
        "tried with direct_media=no alone",
        "bypass_media: no voice comes, and the bridge says that it hears nothing",
    ),
)
RIGHTS: Final = (
    Capability("line", "a line on which callers exercise their rights", YES, YES),
    Capability(
        "number",
        "what was kept of a caller is found by the number alone",
        "yes: by its hash, made in the PBX",
        "yes: by its hash, made in the PBX by a Lua script",
    ),
    Capability(
        "staff",
        "agents hear the notice to staff and acknowledge it",
        "on a line, with a PIN",
        "on a line, with a PIN",
    ),
    Capability("pairing", "an agent's page is paired by dialling", YES, YES),
    Capability(
        "keys on a line",
        "how keys pressed on a line reach the bridge",
        "by the ARI, of channels in our application alone",
        "by an event of our own script on that channel; the bridge may hear no other channel's keys",
    ),
)
VOICES: Final = (
    Capability("ways", "how a voice comes", "RTP, or AudioSocket from 18 on", "WebSocket by mod_audio_stream, or tap"),
    Capability("module", "a module of others is needed", NO, "mod_audio_stream for WebSocket; none for tap"),
    Capability("rate", "sampling of a voice", "16 kHz", "16 kHz by WebSocket, 8 kHz by tap"),
    Capability(
        "one fork",
        "forks of one leg at the same time",
        "several, to media.max_forks_per_call of a call",
        "one: a new one ends the old one",
    ),
    Capability(
        "beginning",
        "what the parties notice as their voices begin to be sent",
        "nothing",
        "nothing, by a jitter buffer of one packet for a moment: alone FreeSWITCH would drop 60 ms of each",
    ),
    Capability(
        "lease",
        "who ends a voice that the bridge does not renew",
        "the fork's own time limit in the PBX",
        "a task of FreeSWITCH's scheduler for each leg",
    ),
    Capability(
        "third party",
        "more than two who talk",
        "followed: a voice that was not asked ends the forks on which it could be heard",
        "pairs are followed, and no conference (mod_conference): there nobody is heard",
    ),
    Capability(
        "queue", "calls out of a queue", "app_queue", "mod_callcenter: the agent is known as the user who is dialled"
    ),
    Capability(
        "elsewhere", "a bridge on another machine", "by media.host, over a private network", "no: loopback alone"
    ),
)
GATE: Final = (
    Capability(
        "place", "what refuses a voice without a yes", "a dialplan context", "a Lua script behind an event hook"
    ),
    Capability("user", "the bridge's user may open a voice itself", NO, NO),
    Capability(
        "stolen password",
        "what else a thief of the bridge's password could do",
        "set a channel's variables by AMI Setvar, and so say yes for a caller",
        "sendmsg and sendevent are not filtered by 1.11.2: run applications on a live call, and so open a voice",
    ),
    Capability(
        "restart", "the PBX is restarted after an install", NO, "once, after the first: mod_lua cannot be reloaded"
    ),
    Capability("versions", "releases", "16.28 or newer, not 22.11.0", "1.11.2 or newer"),
)
SCREENS: Final = (
    Capability("notify", "cards by SIP NOTIFY", YES, YES),
    Capability("auto", "a phone's family found by its user agent", YES, YES),
    Capability("addresses", "screens.check_addresses", YES, YES),
    Capability(
        "doctor",
        "doctor compares parties.trunks with the PBX",
        "with its endpoints",
        "with its gateways, profiles and registered users",
    ),
)
CAPABILITIES: Final = {
    "Asking": ASKING,
    "Stopping": STOPPING,
    "Rights and staff": RIGHTS,
    "Voices": VOICES,
    "The gate": GATE,
    "Screens and checks": SCREENS,
}
"""All of it, by the heading under which it is told."""

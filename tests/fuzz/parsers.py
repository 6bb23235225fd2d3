"""Every parser of the project: what it is fed, and the one exception with which it may refuse.

What is fed is made of valid and broken examples with pieces changed, put in, taken out and repeated, and of bytes that
are nothing. A parser that keeps something between two inputs is kept for the whole run, so that what it keeps is seen
to be bounded.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from analysis.emotion import calibration
from analysis.emotion.foreign import wire as foreign_wire
from analysis.emotion.foreign.wire import MalformedAnswer
from analysis.emotion.model_files import PACKAGED
from analysis.emotion.unlocking import NotUnlocked, unlocked
from analysis.engine import network_wire
from analysis.engine.network_wire import MalformedMessage
from analysis.speech import onnx_wire
from analysis.speech.onnx_wire import MalformedModel
from ari_bridge.lines import wav_wire
from ari_bridge.media import rtp, sdp, sip
from ari_bridge.media.audiosocket import AudioSocketStream, FrameReader, MalformedFrame
from ari_bridge.media.payload import G722, PCMA, PCMU, SLIN16, PayloadFormat
from ari_bridge.media.rtp import MalformedPacket
from ari_bridge.media.sip import MalformedSip
from ari_bridge.media.websocket import MalformedSound, WebSocketStream, token_of
from ari_bridge.pbx import answers
from ari_bridge.pbx.asterisk import ami, ari_messages
from ari_bridge.pbx.freeswitch import esl_wire
from ari_bridge.pbx.freeswitch.events import rows_of
from ari_bridge.pbx.port import Channel
from ari_bridge.run import settings
from ari_bridge.run.passwords import read_passwords
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.screens.challenges import Login, challenges, chosen, digest
from ari_bridge.screens.http_push import Proof
from consent.chain import Checkpoint
from consent.errors import InvalidValue, KeysMissing, SealBroken
from consent.keys import FILES, make_keys, read_keys
from consent.readout import readable
from consent.reference import Reference
from consent.seals import close, new_secret, open_seal
from dialplan import attestation, block, manifest, sound
from dialplan.block import BrokenBlock
from dialplan.change import InstallRefused
from dialplan.existing import read_existing
from dialplan.freeswitch import lua_hook, xml_tree
from dialplan.freeswitch.lua_hook import HookRefused
from dialplan.freeswitch.xml_tree import MalformedXml
from tests import wire
from tests.analysis.emotion.proofs import SERVED, proof
from tests.ari_bridge.media import recorded, tap_wire
from tests.fuzz import event_socket
from tests.fuzz.looks import Looks, Stream

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser. `refuses` is the one exception that it states; None where it survives everything."""

    name: str
    inputs: st.SearchStrategy[Any]
    read: Callable[[Any], object]
    refuses: type[Exception] | None = None


def _edited(data: bytes, edits: Sequence[tuple[int, int, bytes, int]]) -> bytes:
    """Each edit cuts some bytes out at a place, and puts others in, so many times."""
    for place, cut, put, times in edits:
        at = place % (len(data) + 1)
        data = data[:at] + put * times + data[at + cut :]
    return data


def octets(*seeds: bytes, longest: int = 700) -> st.SearchStrategy[bytes]:
    """Examples with a few edits, two examples in one, and any bytes."""
    edit = st.tuples(
        st.integers(0, 1 << 16), st.integers(0, 40), st.binary(max_size=12), st.sampled_from([1, 1, 1, 60])
    )
    edited = st.builds(_edited, st.sampled_from(seeds), st.lists(edit, max_size=4))
    return edited | st.builds(bytes.__add__, edited, st.sampled_from(seeds)) | st.binary(max_size=longest)


def text(*seeds: str) -> st.SearchStrategy[str]:
    """The same as text, surrogates and all."""
    changed = octets(*(seed.encode() for seed in seeds)).map(lambda data: data.decode("utf-8", "surrogateescape"))
    return changed | st.text(max_size=200)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)


def _grafted(tree: Any, path: Sequence[int], value: Any) -> Any:
    """The tree with a value in place of what lies there."""
    if not path or not isinstance(tree, dict | list) or not tree:
        return value
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    key = keys[path[0] % len(keys)]
    changed = tree.copy()
    changed[key] = _grafted(tree[key], path[1:], value)
    return changed


def grafted(*seeds: Any) -> st.SearchStrategy[Any]:
    """JSON examples in which something else lies somewhere, and any JSON."""
    path = st.lists(st.integers(0, 50), min_size=1, max_size=6)
    return st.builds(_grafted, st.sampled_from(seeds), path, JSON) | JSON


class Folder:
    """Reads what is a file: writes the bytes there first."""

    def __init__(self, name: str, read: Callable[[Path], object], mode: int = 0o600) -> None:
        self._kept = tempfile.TemporaryDirectory()
        self.folder = Path(self._kept.name)
        self._file = self.folder / name
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch(mode=mode)
        self._read = read

    def __call__(self, data: bytes) -> object:
        self._file.write_bytes(data)
        return self._read(self.folder)


def _frames(data: list[bytes]) -> None:
    reader = FrameReader()
    for one in data:
        assert all(len(frame.payload) < 1 << 16 for frame in reader.read(one))
        assert reader.waiting_bytes < 1 << 17


def _audiosocket(data: list[bytes]) -> None:
    stream = AudioSocketStream()
    for number, one in enumerate(data):
        stream.feed(one, number / 50)
        stream.take(number / 50)


def _messages(data: list[tuple[bytes, float]]) -> None:
    stream, now_s = WebSocketStream(), 0.0
    for message, wait_s in data:
        now_s += wait_s
        stream.feed(message, now_s)
        stream.take(now_s)
        assert stream.waiting_bytes < 1 << 18


def _events(told: str) -> None:
    message = ari_messages.read(told)
    if message is not None:
        ari_messages.events_of(message)


def _channels(told: Any) -> None:
    ari_messages.channel_of(told)
    ari_messages.snapshot_of(told, told)
    ari_messages.lines_of(told, "ouidire")
    if isinstance(told, dict):
        ari_messages.events_of(told)


_CALLER = Channel("1.1", "PJSIP/trunk-00000001", "trunk", None, "1.1", "", "en")


def _datagrams() -> st.SearchStrategy[bytes]:
    names = [*wire.rtp_names("valid_"), *wire.rtp_names("broken_"), *wire.rtp_names("silent_")]
    return octets(*(wire.rtp(name) for name in [*names, *wire.rtp_names("foreign_")]), *wire.fork(wire.VERSIONS[0]))


def _media() -> list[Parser]:
    sent = [
        wire.audiosocket(name) for prefix in ("valid_", "broken_", "cut_") for name in wire.audiosocket_names(prefix)
    ]
    connection = st.lists(octets(*sent), max_size=4)
    message = octets(*(message.data for message in recorded.messages("tone")[:8]), b"\xff" * 640)
    messages = st.lists(st.tuples(message, st.sampled_from([0.0, 0.02, 0.08, 3.0])), max_size=12)

    def stream(payload: PayloadFormat) -> Parser:
        given = st.lists(st.tuples(_packets(payload), st.floats(0, 1), st.integers(0, 3)), max_size=12)
        return Parser(f"RTP stream, {payload.codec}", given, Stream(payload).take)

    look = st.lists(st.lists(_packets(SLIN16), max_size=6), min_size=3, max_size=3)
    return [
        Parser("RTP packet", _datagrams(), rtp.parse, MalformedPacket),
        *(stream(payload) for payload in (SLIN16, PCMU, PCMA, G722)),
        Parser("look at RTP ports", look, Looks().look),
        Parser("AudioSocket frames", connection, _frames, MalformedFrame),
        Parser("AudioSocket stream", connection, _audiosocket, MalformedFrame),
        Parser("messages of a WebSocket", messages, _messages, MalformedSound),
        Parser("token of a WebSocket", text("Bearer " + "0a" * 16), token_of),
        *_taps(),
    ]


def _taps() -> list[Parser]:
    sent = [tap_wire.sample(name) for name in tap_wire.NAMES]
    offers = [body for one in sent if (body := one.partition(b"\r\n\r\n")[2])]
    return [
        Parser("SIP message", octets(*sent, longest=2_000), _said, MalformedSip),
        Parser("SDP offer", octets(*offers), sdp.parse_offer, MalformedSip),
    ]


def _said(data: bytes) -> None:
    """What is read can be answered, and the answer read."""
    request = sip.parse(data)
    if isinstance(request, sip.Request):
        assert isinstance(sip.parse(sip.response(request, 481, tap_wire.PBX, "ours")), sip.Response)


def _packets(payload: PayloadFormat) -> st.SearchStrategy[bytes]:
    """Mostly packets of one stream in about their order, so that more than the first check is tried."""

    def made(number: int, ssrc: int, size: int, marker: int) -> bytes:
        kind = payload.payload_type | marker << 7
        ticks = payload.clock_rate_hz // 50
        header = bytes([0x80, kind]) + (number % 65_536).to_bytes(2, "big")
        return header + (number * ticks % 2**32).to_bytes(4, "big") + ssrc.to_bytes(4, "big") + bytes(size)

    size = st.sampled_from([payload.clock_rate_hz // 50 * payload.octets_per_tick] * 4 + [0, 1, 2, 999])
    number = st.integers(0, 60) | st.integers(0, 70_000)
    return st.builds(made, number, st.integers(7, 8), size, st.integers(0, 1)) | _datagrams()


def _pbx() -> list[Parser]:
    told = [line for name in wire.ari_names() for line in wire.ari(name)][:200]
    journal = "granted-1700000000.1\n1764000000|key|1-en-abcdef0123456789|en"
    event = {"Call": "1.1", "Answer": "granted", "At": "1764000000", "Why": "key", "Notice": "1", "Language": "en"}
    headers = st.dictionaries(st.text(max_size=8), st.text(max_size=40) | st.lists(st.text(), min_size=1, max_size=3))
    conf = b"[general](+)\nenabled = yes ; really\n#include other.conf\nexten => _X.,1,NoOp()\n same => n,Hangup()\n"
    return [
        Parser("ARI message", text(*told), _events),
        Parser("ARI channels and events", grafted(*(json.loads(line) for line in told)), _channels),
        Parser("answer in the journal", text(journal), lambda line: answers.from_journal(*line.partition("\n")[::2])),
        Parser("answer in an event", grafted(event), lambda e: isinstance(e, dict) and answers.from_event(e, _CALLER)),
        Parser("AMI answer", headers, ami._headers_of),
        Parser("Asterisk's configuration", octets(conf), Folder("extensions.conf", read_existing)),
        Parser("our block in a file", octets(block.with_block(conf, "x = 1")), block.without_block, BrokenBlock),
        *_freeswitch_files(),
        Parser(
            "event socket",
            st.lists(octets(*event_socket.SENT, longest=2_000), max_size=4),
            event_socket.read,
            esl_wire.MalformedMessage,
        ),
        Parser("events of FreeSWITCH", grafted(*event_socket.TOLD), event_socket.follow),
        Parser("rows of FreeSWITCH", text(event_socket.ROWS), rows_of),
    ]


def _freeswitch_files() -> list[Parser]:
    conf = b'<?xml version="1.0"?>\n<configuration name="lua.conf">\n  <settings>\n  </settings>\n</configuration>\n'
    hook = '<hook event="CUSTOM" subclass="ouidire::ask" script="gate.lua"/>'
    hooked = lua_hook.with_hook(conf, hook)

    def put_in(data: bytes) -> None:
        made = lua_hook.with_hook(data, hook)
        assert lua_hook.with_hook(made, hook) == made
        assert lua_hook.without_hook(made) == lua_hook.without_hook(data)

    return [
        Parser("FreeSWITCH's configuration", octets(conf, hooked), xml_tree.elements, MalformedXml),
        Parser("our hook in lua.conf.xml", octets(hooked), lua_hook.without_hook, BrokenBlock),
        Parser("lua.conf.xml that shall be hooked", octets(conf, hooked), put_in, HookRefused),
    ]


def _files() -> list[Parser]:
    recording = wav_wire.silence(40)
    known = b'[log]\nlevel = "debug"\n[media]\nlease_s = 9\n[parties]\ntrunks = ["trunk-*", "sbc"]\n'
    secrets = b'ari_password = "a"\nami_password = "b"\nphones_password = "c"\n'
    word = attestation.attest("Ann", date(2026, 1, 1), b"text", recording)
    attested = attestation.as_json({"notice": word})
    installed = b'{"originals": {"a": "b"}, "written": {"a": "b"}, "folders": ["c"]}'
    return [
        Parser(
            "settings",
            octets(known),
            Folder("ouidire.toml", lambda f: settings.load(f / "ouidire.toml")),
            SettingsError,
        ),
        Parser(
            "challenges of a phone",
            text('Digest realm="a", nonce="b", qop="auth", algorithm=MD5-sess, opaque="c"', 'Basic realm="d\\"e", x=='),
            _answered,
        ),
        Parser("secrets", octets(secrets), Folder("secrets", lambda f: read_passwords(f / "secrets")), SettingsError),
        Parser("recording of one's own", octets(recording), sound.read_wav, InvalidValue),
        Parser("recordings put together", octets(recording), lambda one: wav_wire.joined([one, one]), InvalidValue),
        Parser("attestations", octets(attested), Folder(attestation.FILE, attestation.read_attestations), InvalidValue),
        Parser("manifest", octets(installed), Folder(_manifest_name(), manifest.read_manifest), InstallRefused),
    ]


def _answered(header: str) -> object:
    challenge = chosen(challenges([header]), Proof.DIGEST)
    return challenge and digest(challenge, Login("a", "b"), "GET", "/", 1, "c").encode()


def _manifest_name() -> str:
    return str(manifest.manifest_file(Path("x")).relative_to("x"))


def _consent() -> list[Parser]:
    secret = new_secret()
    sealed = close(secret, "answer 0", b"granted", 100).body
    checkpoint = Checkpoint(1, "ab" * 32, "2026-01-01T00:00:00.000Z", "cd" * 32, "ef" * 64).to_json()
    keys = Folder(FILES[0], read_keys)
    keys.folder.chmod(0o700)
    (keys.folder / FILES[0]).unlink()
    make_keys(keys.folder)
    key = (keys.folder / FILES[0]).read_bytes()
    return [
        Parser("reference", text(Reference.fresh(date(2026, 1, 1)).digits), Reference.parse, InvalidValue),
        Parser("seal", octets(sealed), lambda body: open_seal(secret, "answer 0", body), SealBroken),
        Parser("checkpoint", text(checkpoint), Checkpoint.from_json, InvalidValue),
        Parser("receipt", grafted({"@type": "dpv:ConsentReceipt", "@context": []}), _receipt, InvalidValue),
        Parser("keys", octets(key), keys, KeysMissing),
    ]


def _receipt(told: Any) -> object:
    return isinstance(told, dict) and readable(told, "en")


def _models() -> list[Parser]:
    scale = {"slope": 1.0, "offset": 0.0, "variance": [1.0, 1.0, 1.0, 1.0]}
    told = {"activation": scale, "anger": scale, "farthest": 1.0, "shortest_s": 1.0, "languages": ["de"]}
    request = network_wire.pack(network_wire.Message(network_wire.Kind.VOICE, 1, 1))
    model = next(PACKAGED.glob("*.onnx")).read_bytes()[:2_000]
    report = json.loads(proof(40, 20).to_json())
    return [
        Parser("calibration", text(json.dumps(told)), calibration.parse, InvalidValue),
        Parser("message of the networks' process", octets(request), network_wire.parse, MalformedMessage),
        *_foreign(),
        Parser("constants of a model", octets(model), onnx_wire.constants, MalformedModel),
        Parser("report that unlocks a language", grafted(report).map(_as_bytes), _unlocked, NotUnlocked),
    ]


def _foreign() -> list[Parser]:
    labels = ("neu", "ang", "hap", "sad")
    shares = np.array([0.1, 0.6, 0.2, 0.1], np.float32).tobytes()
    told = {
        foreign_wire.Kind.READY: json.dumps(labels).encode(),
        foreign_wire.Kind.REFUSED: b"the folder is not what it was",
        foreign_wire.Kind.READ: np.zeros(16_000, np.float32).tobytes(),
        foreign_wire.Kind.SHARES: shares,
    }
    heads = [foreign_wire.pack(kind, content)[: foreign_wire.HEAD_BYTES] for kind, content in told.items()]
    named = octets(told[foreign_wire.Kind.READY]) | grafted(list(labels)).map(_as_bytes)
    return [
        Parser("head from a foreign model's process", octets(*heads), foreign_wire.parse_head, MalformedAnswer),
        Parser("labels of a foreign model", named, foreign_wire.parse_labels, MalformedAnswer),
        Parser("window for a foreign model", octets(shares), foreign_wire.parse_samples, MalformedAnswer),
        Parser("shares of a foreign model's labels", octets(shares), _shares, MalformedAnswer),
    ]


def _shares(content: bytes) -> None:
    foreign_wire.parse_shares(content, 4)


def _as_bytes(told: Any) -> bytes:
    return json.dumps(told).encode()


def _unlocked(content: bytes) -> None:
    unlocked(content, "fr", SERVED)


def parsers() -> list[Parser]:
    """All of them, each new."""
    return [*_media(), *_pbx(), *_files(), *_consent(), *_models()]

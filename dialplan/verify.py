"""What `ouidire doctor` says of a PBX's configuration; it only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialplan import recordings, render
from dialplan.block import has_block
from dialplan.change import content
from dialplan.conf import OWN_FOLDER, Conf, read_conf
from dialplan.existing import conflicts, is_yes, notes, read_existing
from dialplan.layout import layout_of
from dialplan.own_files import SHIPPED
from dialplan.recorders import Sighting, recorders
from dialplan.versions import OLDEST_TRIED, known_bad, release

RTP_DEFAULTS: Final = (5000, 31000)
"""Asterisk's own range where rtp.conf names none (res_rtp_asterisk.c)."""
RTP_MARGIN: Final = 10
"""Ports in hand, for transfers and hold music: a call has more legs than two for a moment."""
NEEDED_MODULES: Final = (
    "app_chanspy",
    "app_originate",
    "app_playback",
    "app_read",
    "app_stack",
    "app_stasis",
    "app_userevent",
    "app_verbose",
    "chan_rtp",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_config",
    "func_cut",
    "func_db",
    "func_dialplan",
    "func_env",
    "func_global",
    "func_groupcount",
    "func_lock",
    "func_logic",
    "func_rand",
    "func_sha1",
    "func_strings",
    "func_timeout",
    "res_ari",
    "res_ari_channels",
    "res_ari_events",
    "res_ari_playbacks",
    "res_http_websocket",
    "res_stasis",
    "res_stasis_playback",
    "res_stasis_snoop",
)
"""Without any of them the dialogue, the gate, the fork or the word that it stopped does not work."""
AUDIOSOCKET_MODULES: Final = ("chan_audiosocket", "res_audiosocket")
"""Needed where legs come by AudioSocket; Debian's Asterisk 16 has neither."""
_NAMED_AT_MOST: Final = 5
_OTHERS: Final = 0o007


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of doctor: what was looked at, whether it is well, and what to do where it is not."""

    subject: str
    ok: bool
    sentence: str


def verify(
    asterisk_dir: Path,
    settings: render.RenderSettings,
    *,
    max_calls: int,
    sounds_dir: Path | None = None,
    prompts: recordings.Recordings = SHIPPED,
) -> tuple[Finding, ...]:
    """Every finding about a folder of Asterisk's configuration, the good ones too."""
    if not asterisk_dir.is_dir():
        return (Finding("PBX configuration", ok=False, sentence=f"{asterisk_dir} is no folder that can be read"),)
    return (
        contexts_finding(asterisk_dir, settings),
        numbers_finding(asterisk_dir, settings),
        included_finding(asterisk_dir),
        *_existing_findings(asterisk_dir),
        _prompts_finding(asterisk_dir, settings, sounds_dir, prompts),
        rtp_finding(read_conf(asterisk_dir, "rtp.conf"), settings.max_forks, max_calls),
        _modules_finding(read_conf(asterisk_dir, "modules.conf"), settings),
        _danger_finding(read_conf(asterisk_dir, "asterisk.conf")),
        recorders_finding(recorders(asterisk_dir), settings),
    )


def version_finding(version: str) -> Finding:
    """What is known of the release that Asterisk names."""
    bad, number = known_bad(version), release(version)
    if bad is not None:
        return Finding(
            "Asterisk version", ok=False, sentence=f"{version}: {bad.fault} ({bad.source}); use another release"
        )
    if number is None:
        return Finding(
            "Asterisk version", ok=False, sentence=f"{version!r} names no release: what it does is not known"
        )
    if number < OLDEST_TRIED:
        oldest = ".".join(map(str, OLDEST_TRIED))
        return Finding("Asterisk version", ok=False, sentence=f"{version} is older than {oldest}, the oldest one tried")
    return Finding("Asterisk version", ok=True, sentence=version)


def contexts_finding(asterisk_dir: Path, settings: render.RenderSettings) -> Finding:
    """Whether our contexts are there, as these settings render them."""
    file = asterisk_dir / OWN_FOLDER / "extensions.conf"
    data = content(file)
    if data is None:
        return Finding("dialplan", ok=False, sentence=f"{file} is missing: run `ouidire install`")
    if data != render.extensions(settings).encode():
        sentence = f"{file} is not what these settings render (edited, or another version): run `ouidire install`"
        return Finding("dialplan", ok=False, sentence=sentence)
    return Finding("dialplan", ok=True, sentence=f"{', '.join(render.CONTEXTS)} in {file}")


def numbers_finding(asterisk_dir: Path, settings: render.RenderSettings) -> Finding:
    """Whether the dialplan hashes callers' numbers under the keys that the service has."""
    file = asterisk_dir / render.NUMBERS_FILE
    try:
        data = content(file)
    except PermissionError:
        return Finding("keys for numbers", ok=True, sentence=f"{file} is closed to this user, as it should be")
    if not settings.number_keys:
        sentence = "the service's keys cannot be read here or are missing; without a key nobody is asked"
        return Finding("keys for numbers", ok=False, sentence=sentence)
    if data != render.numbers(settings).encode():
        sentence = f"{file} does not hold the keys that the service has: run `ouidire install`"
        return Finding("keys for numbers", ok=False, sentence=sentence)
    if file.stat().st_mode & _OTHERS:
        return Finding("keys for numbers", ok=False, sentence=f"{file} is open to everybody: chmod o= {file}")
    return Finding("keys for numbers", ok=True, sentence=f"{file} holds those of the service")


def included_finding(asterisk_dir: Path) -> Finding:
    """Whether each of the admin's files holds our block, and Asterisk reads that file."""
    layout = layout_of(asterisk_dir)
    lacking = [
        place.file for place in layout.places if place != layout.http and not _holds_block(asterisk_dir / place.file)
    ]
    if lacking:
        sentence = f"our block is missing in {', '.join(lacking)}: run `ouidire install`"
        return Finding("managed blocks", ok=False, sentence=sentence)
    return Finding("managed blocks", ok=True, sentence=f"in place ({layout.name})")


def rtp_finding(rtp: Conf, max_forks: int, max_calls: int) -> Finding:
    """Whether Asterisk has RTP ports enough: where it has none left, a UnicastRTP channel ends it (asterisk#1757).

    A call takes two even ports (one a leg), a fork one.
    """
    try:
        first = int(rtp.value("general", "rtpstart", str(RTP_DEFAULTS[0])))
        last = int(rtp.value("general", "rtpend", str(RTP_DEFAULTS[1])))
    except ValueError:
        return Finding("rtp.conf", ok=False, sentence="rtpstart and rtpend must be numbers")
    free = (last - first + 1) // 2 - 2 * max_calls - RTP_MARGIN
    if free < max_forks:
        needed = first - 1 + 2 * (max_forks + 2 * max_calls + RTP_MARGIN)
        return Finding(
            "rtp.conf",
            ok=False,
            sentence=f"ports {first}-{last} leave {max(free, 0)} forks beside {max_calls} calls, not {max_forks}, and "
            f"without a free port Asterisk crashes: set rtpend = {needed} or more, or allow fewer forks",
        )
    return Finding("rtp.conf", ok=True, sentence=f"ports {first}-{last} serve {max_calls} calls and {max_forks} forks")


def recorders_finding(sightings: tuple[Sighting, ...], settings: render.RenderSettings) -> Finding:
    """Names what else records or listens, and whether the notice says so, as it must."""
    if not sightings:
        return Finding("other recorders", ok=True, sentence="none found in the configuration")
    named = [f"{one.what} at {one.file}:{one.line}" for one in sightings[:_NAMED_AT_MOST]]
    more = f" and {len(sightings) - len(named)} more" if len(sightings) > len(named) else ""
    found = f"{'; '.join(named)}{more}: a caller's no does not reach these"
    if settings.mentions_recording:
        return Finding("other recorders", ok=True, sentence=f"{found}, and the notice says so")
    sentence = f"{found}; take them out, or set notice.mentions_recording = true and install again"
    return Finding("other recorders", ok=False, sentence=sentence)


def _existing_findings(asterisk_dir: Path) -> Iterator[Finding]:
    existing, layout = read_existing(asterisk_dir), layout_of(asterisk_dir)
    for conflict in conflicts(existing, layout):
        yield Finding(conflict.subject, ok=False, sentence=conflict.sentence)
    for note in notes(existing):
        yield Finding("advice", ok=True, sentence=note)
    for place in (layout.http, layout.ami):
        on = is_yes(existing.conf_of(place.main).value("general", "enabled")) or _holds_block(asterisk_dir / place.file)
        sentence = "enabled" if on else f"not enabled in {place.main}: run `ouidire install`"
        yield Finding({"http.conf": "HTTP for ARI", "manager.conf": "AMI"}[place.main], ok=on, sentence=sentence)
    if content(asterisk_dir / "pjsip_notify.conf") is None:
        sentence = "pjsip_notify.conf is missing, without which Asterisk pushes nothing to phones: create it, empty"
        yield Finding("phone push", ok=False, sentence=sentence)


def _prompts_finding(
    asterisk_dir: Path, settings: render.RenderSettings, sounds_dir: Path | None, prompts: recordings.Recordings
) -> Finding:
    sounds = sounds_dir or read_existing(asterisk_dir).sounds_dir
    if sounds is None:
        return Finding(
            "prompts", ok=False, sentence="asterisk.conf names no astdatadir: where prompts lie is not known"
        )
    for notice in settings.notices:
        for name in recordings.NAMES:
            file = sounds / notice.language / OWN_FOLDER / f"{name}.wav"
            if content(file) != prompts.recording(notice.language, name):
                sentence = f"{file} is missing or not what the notice's id names: run `ouidire install`"
                return Finding("prompts", ok=False, sentence=sentence)
    return Finding(
        "prompts", ok=True, sentence=f"{', '.join(notice.language for notice in settings.notices)} in {sounds}"
    )


def needed_modules(settings: render.RenderSettings) -> tuple[str, ...]:
    """What Asterisk must have loaded for what these settings render."""
    return NEEDED_MODULES if settings.audiosocket_port is None else (*NEEDED_MODULES, *AUDIOSOCKET_MODULES)


def _modules_finding(modules: Conf, settings: render.RenderSettings) -> Finding:
    refused = {entry.value.removesuffix(".so") for entry in modules.entries if entry.key.lower() == "noload"}
    lacking = [name for name in needed_modules(settings) if name in refused]
    if lacking:
        sentence = f"modules.conf says noload for {', '.join(lacking)}, which Ouïdire needs: take these lines out"
        return Finding("modules", ok=False, sentence=sentence)
    return Finding("modules", ok=True, sentence="none that is needed is switched off")


def _danger_finding(asterisk: Conf) -> Finding:
    if is_yes(asterisk.value("options", "live_dangerously")):
        sentence = "live_dangerously = yes in asterisk.conf lets every ARI and AMI user run commands: set it to no"
        return Finding("asterisk.conf", ok=False, sentence=sentence)
    return Finding("asterisk.conf", ok=True, sentence="live_dangerously is off")


def _holds_block(file: Path) -> bool:
    data = content(file)
    return data is not None and has_block(data)

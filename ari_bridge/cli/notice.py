"""`ouidire notice`: a language or recordings of one's own, checked and attested; what callers and staff hear."""

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from ari_bridge.cli import microphone
from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.notices import notice_in, recordings_of, staff_notice_in
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import InvalidValue
from dialplan.attestation import STATEMENT
from dialplan.own_recordings import PromptsRefused, add, check_new, language_faults, read_folder, read_prompt
from dialplan.recordings import MORE, NAMES, NOTICE, RECORDED, STAFF_NOTICE, Prompt, Recordings
from dialplan.sound import RATE_HZ, read_wav

_LAYERS: Final = (NOTICE, MORE, RECORDED, STAFF_NOTICE)
"""What is announced: the rest only guides."""


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    adding = kinds.add_parser("add", help="check, attest and keep recordings of your own")
    adding.add_argument("language", metavar="LANG", help="as Asterisk names it: pt")
    adding.add_argument("--notice", type=Path, metavar="WAV", help="the first layer, at most 12 s")
    adding.add_argument("--text", type=Path, metavar="TXT", help="what it says, word for word")
    adding.add_argument("--more", type=Path, metavar="WAV", help="the second layer, at most 60 s")
    adding.add_argument("--more-text", type=Path, metavar="TXT", help="what that says")
    adding.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="DIR",
        help=f"a folder of NAME.wav and NAME.txt; a new language needs them all: {', '.join(NAMES)}",
    )
    adding.add_argument("--attested-by", metavar="NAME", help="who listened and read along (default: is asked)")
    adding.add_argument("--attested-on", type=_day, metavar="DATE", help="when, as 2026-11-30 (default: is asked)")
    checking = kinds.add_parser("check", help="what is announced, and whether it is as it was attested")
    checking.add_argument("language", nargs="?", metavar="LANG", help="one language (default: all that are used)")
    playing = kinds.add_parser("play", help="let one prompt be heard")
    playing.add_argument("language", metavar="LANG")
    playing.add_argument("name", nargs="?", default=NOTICE, metavar="NAME", help=f"which prompt (default: {NOTICE})")
    playing.add_argument("--to", type=Path, metavar="WAV", help="write it to a file instead")
    for one in (adding, checking, playing):  # as `ouidire notice` has it, and without hiding what was named there
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of the three. Raises SettingsError, PromptsRefused, InvalidValue and NoLoudspeaker."""
    work: Callable[[Namespace, Settings], Exit] = {"add": _add, "check": _check, "play": _play}[arguments.what]
    return work(arguments, all_settings.load(arguments.settings))


def _add(arguments: Namespace, settings: Settings) -> Exit:
    recordings, language = recordings_of(settings), arguments.language
    prompts = _given(arguments)
    check_new(recordings, language, prompts)
    by, on = _attestation(arguments, prompts)
    add(recordings, language, prompts, by, on)
    print(f"{len(prompts)} prompt(s) of {language} are kept in {recordings.folder}, attested by {by} on {on}.")
    if language not in settings.notice.languages:
        print(f'Name "{language}" in notice.languages; then run `ouidire install` and start the service again.')
    else:
        print("Run `ouidire install` and start the service again: a changed notice has a new id.")
    return Exit.OK


def _given(arguments: Namespace) -> dict[str, Prompt]:
    prompts = read_folder(arguments.folder) if arguments.folder else {}
    pairs = (
        (NOTICE, arguments.notice, arguments.text, "--notice and --text"),
        (MORE, arguments.more, arguments.more_text, "--more and --more-text"),
    )
    for name, wav, text, both in pairs:
        if (wav is None) != (text is None):
            raise SettingsError(f"{both} go together: a recording is worth nothing without what it says")
        if wav is not None:
            prompts[name] = read_prompt(wav, text)
    if not prompts:
        raise SettingsError("nothing to add: give --notice and --text, or --from FOLDER")
    return prompts


def _attestation(arguments: Namespace, prompts: dict[str, Prompt]) -> tuple[str, date]:
    """Who attests, and when: from the command line, else asked for after every text was shown."""
    if arguments.attested_by and arguments.attested_on:
        return arguments.attested_by, arguments.attested_on
    if not sys.stdin.isatty():
        raise SettingsError("nobody is there to ask: give --attested-by and --attested-on")
    for name, prompt in prompts.items():
        print(f"{name}.wav ({read_wav(prompt.wav).length_s:.1f} s) says:\n  {prompt.text.decode().strip()}")
    try:
        by = arguments.attested_by or input("Your name: ").strip()
        if input(f"{STATEMENT} [y/n] ").strip().lower() not in ("y", "yes"):
            raise PromptsRefused("not attested: nothing was kept")
    except EOFError:
        raise PromptsRefused("not attested: nothing was kept") from None
    return by, arguments.attested_on or datetime.now(UTC).date()


def _check(arguments: Namespace, settings: Settings) -> Exit:
    recordings = recordings_of(settings)
    languages = (
        (arguments.language,)
        if arguments.language
        else tuple(dict.fromkeys((*settings.notice.languages, *recordings.own_languages())))
    )
    well = True
    for language in languages:
        faults = tuple(language_faults(recordings, language))
        if not faults:
            print("\n".join(_described(recordings, language, settings)))
        for fault in faults:
            print(f"LOOK {fault}")
        well = well and not faults
    return Exit.OK if well else Exit.PROBLEM


def _described(recordings: Recordings, language: str, settings: Settings) -> Iterator[str]:
    used = "" if language in settings.notice.languages else " (not in notice.languages)"
    notice_id, staff_id = notice_in(language, settings).notice_id, staff_notice_in(language, settings).notice_id
    yield f"{language}{used}: notice {notice_id}, notice to staff {staff_id}"
    for name in _LAYERS:
        prompt = recordings.prompt(language, name)
        sound, who = read_wav(prompt.wav), prompt.attested
        source = f"attested by {who.by} on {who.on}" if who else "shipped"
        yield f"  {name:<12} {sound.length_s:5.1f} s {sound.loudness_dbfs:6.1f} dBFS  {source}"
    own = [name for name in NAMES if name not in _LAYERS and recordings.is_own(language, name)]
    if own:
        yield f"  own, and attested too: {', '.join(own)}"


def _play(arguments: Namespace, settings: Settings) -> Exit:
    recordings = recordings_of(settings)
    prompt = recordings.prompt(arguments.language, arguments.name)
    if arguments.to is None:
        print(prompt.text.decode().strip(), flush=True)
        microphone.play(read_wav(prompt.wav).samples.tobytes(), RATE_HZ)
        return Exit.OK
    try:
        arguments.to.write_bytes(prompt.wav)
    except OSError as error:
        raise InvalidValue(f"{arguments.to} cannot be written: {error.strerror}") from error
    return Exit.OK


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day > datetime.now(UTC).date():
        raise ValueError("a day to come")
    return day


COMMAND = Command(
    "notice",
    "Your own language or recordings of the notice: add (checked, and attested by name and date), check, play.",
    (
        ("ouidire notice check", "id, length and loudness of what is announced; 1 where a file was changed"),
        ("ouidire notice play fr more", "hear a prompt; `--to FILE` writes it instead"),
        ("ouidire notice add en --notice OUR.wav --text OUR.txt", "your own first layer, which names you"),
        ("ouidire notice add pt --from RECORDED/", "a language that is not shipped: every prompt in one folder"),
    ),
    _add_arguments,
    run,
)

"""The notices that people hear here, made of the prompts that are shipped and of the site's own, which go first."""

import hashlib
from typing import Final

from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import InvalidValue
from consent.notice import Layer, Notice
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose, question
from dialplan.prompt_rules import slower_no
from dialplan.recordings import MORE, NAMES, NOTICE, RECORDED, STAFF_NOTICE, Prompt, Recordings

VERSION: Final = 2
"""Of what a notice says and asks, beside its text and sound."""


def recordings_of(settings: Settings) -> Recordings:
    """The prompts of this site."""
    return Recordings(settings.notice.folder)


def notices(settings: Settings) -> tuple[Notice, ...]:
    """The notices to callers, in the order of notice.languages.

    Raises:
        SettingsError: a language without prompts, or with recordings of the site's own that are not what was attested.
    """
    return tuple(notice_in(language, settings) for language in settings.notice.languages)


def staff_notices(settings: Settings) -> tuple[Notice, ...]:
    """The notices to staff, in the order of notice.languages. Raises SettingsError as `notices` does."""
    return tuple(staff_notice_in(language, settings) for language in settings.notice.languages)


def notice_in(language: str, settings: Settings) -> Notice:
    """The notice to callers in one language. Raises SettingsError as `notices` does."""
    prompts = _prompts(language, settings)
    if reasons := tuple(slower_no({name: prompt.wav for name, prompt in prompts.items()})):
        raise SettingsError(*(f"notice.folder: {language}: {reason}" for reason in reasons))
    names = (MORE, RECORDED) if settings.notice.mentions_recording else (MORE,)
    purposes = frozenset[Purpose]().union(*(question(name).purposes for name in settings.notice.questions))
    return _notice(language, prompts[NOTICE], purposes, settings, tuple(_layer(name, prompts[name]) for name in names))


def staff_notice_in(language: str, settings: Settings) -> Notice:
    """The notice to staff in one language. Raises SettingsError as `notices` does."""
    prompts = _prompts(language, settings)
    return _notice(language, prompts[STAFF_NOTICE], PERMITTED[Party.AGENT], settings, party=Party.AGENT)


def _prompts(language: str, settings: Settings) -> dict[str, Prompt]:
    recordings = recordings_of(settings)
    try:
        lacking = recordings.lacking(language)
        if lacking == NAMES:
            there = ", ".join(recordings.languages())
            raise SettingsError(f"notice.languages: no prompts for {language!r}; there are {there}")
        if lacking:
            raise SettingsError(f"notice.folder: {language} lacks {', '.join(lacking)}: see `ouidire notice check`")
        return {name: recordings.prompt(language, name) for name in NAMES}
    except InvalidValue as error:
        raise SettingsError(f"notice.folder: {error}") from error


def _notice(
    language: str,
    prompt: Prompt,
    purposes: frozenset[Purpose],
    settings: Settings,
    layers: tuple[Layer, ...] = (),
    party: Party = Party.CALLER,
) -> Notice:
    return Notice(
        version=VERSION,
        language=language,
        text=prompt.text.decode().strip(),
        audio_sha256=hashlib.sha256(prompt.wav).hexdigest(),
        purposes=purposes,
        retention=settings.retention.as_retention(),
        layers=layers,
        party=party,
    )


def _layer(name: str, prompt: Prompt) -> Layer:
    return Layer(name, prompt.text.decode().strip(), hashlib.sha256(prompt.wav).hexdigest())

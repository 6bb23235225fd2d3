"""The notices that calls hear here: one for each language of the settings, made of the prompts that are shipped."""

import hashlib
from typing import Final

from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.notice import Notice
from consent.purposes import Purpose
from consent.states import PROMPTS, State
from dialplan.recordings import languages, recording, text

NOTICE: Final = PROMPTS[State.ANNOUNCING]
VERSION: Final = 1
"""Of what a notice says and asks, beside its text and sound."""


def notices(settings: Settings) -> tuple[Notice, ...]:
    """The notices, in the order of notice.languages. Raises SettingsError for a language without prompts."""
    return tuple(_notice(language, settings) for language in settings.notice.languages)


def _notice(language: str, settings: Settings) -> Notice:
    if language not in languages():
        raise SettingsError(f"notice.languages: no prompts for {language!r}; there are {', '.join(languages())}")
    return Notice(
        version=VERSION,
        language=language,
        text=text(language, NOTICE),
        audio_sha256=hashlib.sha256(recording(language, NOTICE)).hexdigest(),
        purposes=frozenset({Purpose.FACTS, Purpose.TONE}),
        retention=settings.retention.as_retention(),
    )

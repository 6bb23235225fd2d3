"""Every setting of the service: one TOML file, overridden by the environment (OUIDIRE_<SECTION>__<KEY>).

docs/settings.md names each of them, and a test compares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from ari_bridge.calls.roles import Roles
from ari_bridge.run.analysis_section import AnalysisSection
from ari_bridge.run.engine_section import EngineSection
from ari_bridge.run.figures_section import FiguresSection
from ari_bridge.run.metrics_section import MetricsSection
from ari_bridge.run.pbx_section import PbxSection
from ari_bridge.run.profile_section import ProfileSection
from ari_bridge.run.sections import (
    AskingSection,
    DatabaseSection,
    KeysSection,
    LogSection,
    MediaSection,
    NoticeSection,
    PartiesSection,
    RetentionSection,
    ScreensSection,
)
from ari_bridge.run.sections import Family as PhoneFamily
from ari_bridge.run.settings_errors import SettingsError, sentences, stray_variables
from ari_bridge.run.toml_file import read_table
from ari_bridge.screens.families import FAMILIES
from consent.profiles import BY_DESIGN, CNIL_PERIODS, NOT_SYSTEMATIC

DEFAULT_FILE: Final = Path("/etc/ouidire/ouidire.toml")
FILE_VARIABLE: Final = "OUIDIRE_SETTINGS"
PREFIX: Final = "OUIDIRE_"


WAYS: Final = {"asterisk": ("rtp", "audiosocket"), "freeswitch": ("websocket", "tap")}
"""How a voice travels from each kind of PBX."""


class Settings(BaseSettings):
    """All settings, valid as a whole."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    profile: ProfileSection = Field(default_factory=ProfileSection)
    pbx: PbxSection = Field(default_factory=PbxSection)
    parties: PartiesSection = Field(default_factory=PartiesSection)
    asking: AskingSection = Field(default_factory=AskingSection)
    media: MediaSection = Field(default_factory=MediaSection)
    database: DatabaseSection = Field(default_factory=DatabaseSection)
    keys: KeysSection = Field(default_factory=KeysSection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    screens: ScreensSection = Field(default_factory=ScreensSection)
    analysis: AnalysisSection = Field(default_factory=AnalysisSection)
    engine: EngineSection = Field(default_factory=EngineSection)
    notice: NoticeSection = Field(default_factory=NoticeSection)
    figures: FiguresSection = Field(default_factory=FiguresSection)
    metrics: MetricsSection = Field(default_factory=MetricsSection)
    log: LogSection = Field(default_factory=LogSection)

    @model_validator(mode="after")
    def _keys_lie_apart(self) -> Self:
        folder, database = self.keys.folder.absolute(), self.database.path.absolute().parent
        if database.is_relative_to(folder) or folder.is_relative_to(database):
            raise ValueError(
                "keys.folder: must be no folder of the database's, nor above it, or one copy would take what is kept "
                f"together with what opens it ({BY_DESIGN.source})"
            )
        return self

    @model_validator(mode="after")
    def _voices_travel_as_the_pbx_can(self) -> Self:
        ways = WAYS[self.pbx.kind]
        if self.media.transport not in ways:
            raise ValueError(f"media.transport: must be {' or '.join(ways)} where pbx.kind is {self.pbx.kind}")
        return self

    @model_validator(mode="after")
    def _listeners_lie_apart(self) -> Self:
        if self.metrics.port == self.screens.port:
            raise ValueError("metrics.port: must not be screens.port: phones have no business with the figures")
        return self

    @model_validator(mode="after")
    def _phones_take_http(self) -> Self:
        for endpoint in self.screens.http:
            family = self.screens.family_of(endpoint)
            if family is not PhoneFamily.AUTO and (family not in FAMILIES or FAMILIES[family].http is None):
                raise ValueError(f"screens.http: {endpoint} is of the family {family}, which takes no card by HTTP")
        return self

    @model_validator(mode="after")
    def _groups_are_of_staff(self) -> Self:
        roles = Roles(self.parties.trunks)
        for name, endpoints in self.figures.groups.items():
            if outside := sorted(filter(roles.is_outside, endpoints)):
                raise ValueError(f"figures.groups: {', '.join(outside)} of {name} leads outside (parties.trunks)")
        return self

    @model_validator(mode="after")
    def _within_the_profile(self) -> Self:
        profile = self.profile.as_profile()
        for name, value, most in (
            ("asking.quota_percent", self.asking.quota_percent, profile.max_quota_percent),
            ("retention.scores_days", self.retention.scores_days, profile.max_scores_days),
            ("retention.records_days", self.retention.records_days, profile.max_records_days),
            ("retention.clips_days", self.retention.clips_days, profile.max_clips_days),
        ):
            if value > most:
                rule = NOT_SYSTEMATIC if name == "asking.quota_percent" else CNIL_PERIODS
                raise ValueError(
                    f"{name}: {value} is more than the profile {profile.name} allows, which is {most}: {rule.sentence} "
                    f"({rule.source})"
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the keyword arguments, which are what the file holds."""
        return env_settings, init_settings


class Described(NamedTuple):
    """One setting as it is documented."""

    section: str
    key: str
    default: object
    description: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return f"{PREFIX}{self.section}__{self.key}".upper()


def every_setting() -> Iterator[Described]:
    """All settings, section by section."""
    for section, model in sections().items():
        for key, field in model.model_fields.items():
            yield Described(section, key, field.get_default(call_default_factory=True), field.description or "")


def sections() -> dict[str, type[BaseModel]]:
    """The model of each section, by the section's name."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def chosen_file(named: Path | None = None) -> Path:
    """The settings file: the one named, else that of OUIDIRE_SETTINGS, else /etc/ouidire/ouidire.toml."""
    return named or Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def load(named: Path | None = None) -> Settings:
    """Read file and environment.

    A file that was named (here or by OUIDIRE_SETTINGS) must exist; else defaults and environment alone may serve.

    Raises:
        SettingsError: a sentence for each thing wrong: a file that cannot be read, an unknown key with its near
            match, a value out of its bounds.
    """
    file = chosen_file(named)
    values = read_table(file) if file != DEFAULT_FILE or file.exists() else {}
    keys = {section: tuple(model.model_fields) for section, model in sections().items()}
    if strays := stray_variables(os.environ, PREFIX, keys):
        raise SettingsError(*strays)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(*sentences(error, keys)) from None
    except UnreadableVariable as error:
        raise SettingsError(f"{error}: lists and tables in the environment are written as JSON") from None

"""This machine: packages, passwords, database, keys, models, prompts, addresses."""

import os
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import analysis
import ari_bridge
import consent
import dialplan
from analysis.emotion.drift import Outcome
from analysis.emotion.foreign.trust_file import TrustFile
from analysis.emotion.model_choice import ModelChoice, opened
from analysis.speech.silero import SileroDetector
from ari_bridge.calls.hidden_cues import NAME as HIDDEN_CUES
from ari_bridge.calls.hidden_cues import HiddenCues
from ari_bridge.cli.checks import languages
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.run.drift_watch import drifts_beside
from ari_bridge.run.metrics_section import MetricsSection
from ari_bridge.run.notices import notices
from ari_bridge.run.passwords import read_passwords
from ari_bridge.run.phone_push import phones_of
from ari_bridge.run.settings import Settings, chosen_file
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.run.tone import choice_of, trust_file_of
from consent.errors import KeysMissing, LedgerBroken, OuidireError
from consent.keys import WIDER_THAN_OWNER, read_keys
from consent.verification import verify_chain
from dialplan.verify import Finding


def findings(
    settings: Settings, named: Path | None, read: Callable[[Path], object] = read_passwords
) -> Iterator[Finding]:
    """Everything about this machine, in the order in which it would be mended; `read` reads the passwords."""
    yield settings_file(chosen_file(named))
    yield packages()
    yield passwords(settings, read)
    yield database(settings.database.path)
    yield keys(settings.keys.folder, settings.database.path)
    yield cues(settings.keys.folder)
    yield from models(choice_of(settings))
    yield from languages.findings(settings)
    yield trusted(trust_file_of(settings))
    yield drift(settings)
    yield announced(settings)
    yield media_address(settings.media.host)
    yield certificate(settings)
    yield figures(settings.metrics)


def settings_file(file: Path) -> Finding:
    """Which settings hold. They are valid, or no check would run."""
    where = str(file) if file.exists() else f"defaults and the environment; there is no {file}"
    return well("settings", where)


def packages() -> Finding:
    """`analysis` and `consent` are common names: another package of that name may come first."""
    ours = Path(ari_bridge.__file__).parent.parent
    for package in (analysis, consent, dialplan):
        place = Path(package.__file__ or "").parent.parent
        if place != ours:
            return amiss(
                "packages",
                f"`{package.__name__}` comes from {place}, not from {ours}: start `ouidire` from its own environment, "
                f"from another folder than {Path.cwd()}, and without PYTHONPATH",
            )
    return well("packages", str(ours))


def passwords(settings: Settings, read: Callable[[Path], object] = read_passwords) -> Finding:
    """The passwords are there, and nobody else may read them."""
    try:
        read(settings.pbx.secrets_file)
        phones_of(settings.screens.http)
    except SettingsError as error:
        return amiss("passwords", "; ".join(error.reasons))
    return well("passwords", f"{settings.pbx.secrets_file}, readable by its owner alone")


def database(path: Path) -> Finding:
    """The file can be written, and the chain of its ledger holds."""
    if not path.parent.is_dir():
        return amiss(
            "database", f"the folder {path.parent} is missing: make it, owned by the user that runs `ouidire serve`"
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return amiss(
            "database", f"{path.parent} cannot be written by this user: run doctor as the service's user, or chown it"
        )
    if not path.exists():
        return well("database", f"{path} will be made by the first `ouidire serve`")
    if not os.access(path, os.R_OK | os.W_OK):
        return amiss(
            "database", f"{path} cannot be written by this user: run doctor as the service's user, or chown it"
        )
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)
        try:
            (integrity,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            records = verify_chain(connection).rows
        finally:
            connection.close()
    except (sqlite3.Error, LedgerBroken) as error:
        return amiss("database", f"{path}: {error}; keep a copy of the file as it is and restore a backup")
    if integrity != "ok":
        return amiss("database", f"{path} is damaged ({integrity}): keep a copy of it and restore a backup")
    return well("database", f"{path}, {records} records in a chain that holds")


def keys(folder: Path, database_path: Path) -> Finding:
    """The keys are there, whole, and nobody else may read them."""
    if not folder.exists() and not database_path.exists():
        return well(
            "keys", f"{folder} will be made when it is first needed; keep its backups apart from the database's"
        )
    try:
        mode = folder.stat().st_mode & 0o777
        if mode & WIDER_THAN_OWNER:
            return amiss("keys", f"{folder} has mode {mode:04o}, open to others than its owner: chmod 700 {folder}")
        read_keys(folder)
    except OSError as error:
        return amiss(
            "keys", f"{folder} cannot be read ({error.strerror}): run doctor as the service's user, or restore it"
        )
    except KeysMissing as error:
        return amiss("keys", str(error))
    return well("keys", f"{folder}, readable by its owner alone")


def cues(folder: Path) -> Finding:
    """The choices to hide cues can be read. Nothing is told of whether there are any."""
    trouble = HiddenCues(folder / HIDDEN_CUES).trouble
    return amiss("cues", trouble) if trouble else well("cues", "hidden where agents chose it")


def models(choice: ModelChoice) -> Iterator[Finding]:
    """Both models load and run, from files on this machine."""
    try:
        SileroDetector()
        yield well("voice detector", "loads")
    except OuidireError as error:
        yield amiss("voice detector", f"{error}: install Ouïdire's packages again")
    try:
        with opened(choice) as tone:
            tone.warm()
            own = ", ".join(sorted(tone.languages)) or "no language of its own"
            yield well("tone model", f"{tone.model_id}, tried in {own}")
    except OuidireError as error:
        yield amiss("tone model", f"{error}: install Ouïdire again, or mend analysis.model_folder")


def trusted(trust_file: Path) -> Finding:
    """Which folders of others may run code here."""
    try:
        folders = TrustFile(trust_file).read()
    except OuidireError as error:
        return amiss("trusted models", str(error))
    if not folders:
        return well("trusted models", "none: no model of others may run here")
    told = (f"{folder} (since {one.trusted_on}, {one.digest[:12]})" for folder, one in folders.items())
    return well("trusted models", ", ".join(told))


def drift(settings: Settings) -> Finding:
    """Whether the model still says of this site's callers what it said at first."""
    if not settings.database.path.exists():
        return well("drift", "no week to tell of yet")
    try:
        found = drifts_beside(settings, datetime.now(UTC))
    except OuidireError as error:
        return amiss("drift", f"not watched: {error}")
    if not found:
        return well("drift", "no week to tell of yet; what is needed for one: ouidire model drift")
    newest = found[-1]
    sentence = " ".join(newest.sentences)
    return amiss("drift", sentence) if newest.outcome is Outcome.SHIFTED else well("drift", sentence)


def announced(settings: Settings) -> Finding:
    """Each language of the settings has its prompts."""
    try:
        made = notices(settings)
    except SettingsError as error:
        return amiss("notices", "; ".join(error.reasons))
    return well("notices", ", ".join(f"{notice.language} {notice.notice_id}" for notice in made))


def media_address(host: str) -> Finding:
    """The address for RTP is this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            return amiss(
                "media address",
                f"{host} cannot be bound ({error.strerror}): set media.host to an address of this machine",
            )
    return well("media address", host)


def certificate(settings: Settings) -> Finding:
    """The screens' certificate and key can be read and fit each other."""
    return _listener("screens", settings.screens.base_url, settings.screens.tls_cert, settings.screens.tls_key)


def figures(section: MetricsSection) -> Finding:
    """Where Prometheus finds the figures, and that their certificate can be read."""
    if not section.url:
        return well("metrics", "switched off: metrics.port is 0")
    return _listener("metrics", section.url, section.tls_cert, section.tls_key)


def _listener(subject: str, url: str, cert: Path | None, key: Path | None) -> Finding:
    if cert is None or key is None:
        return well(subject, f"{url}, on loopback without TLS")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        return amiss(subject, f"{cert} and {key} cannot be used ({error}): are they PEM files that belong together?")
    return well(subject, f"{url}, TLS with {cert}")

"""Each setting that could weaken consent is refused with a sentence naming the rule."""

import json
from pathlib import Path

import pytest

from ari_bridge.run.refusals import REFUSALS, refusal
from ari_bridge.run.settings import every_setting, load
from ari_bridge.run.settings_errors import SettingsError

ACT, NOTICE, WITHDRAW = "GDPR, Articles 4(11) and 7(1)", "EU AI Act, Article 50(3)", "GDPR, Article 7(3)"
AGENT, ACKNOWLEDGED, JUDGED = "EU AI Act, Article 5(1)(f)", "L1222-4", "GDPR, Article 22"
DESIGN, MINIMAL, RIGHTS = "GDPR, Articles 25 and 32", "GDPR, Article 5(1)(c)", "GDPR, Articles 15 to 20"
CNIL, PAPERS, COUNCIL = "CNIL on listening and recording at work", "GDPR, Article 35", "L2312-38"

TRIED = [
    # Hearing without a yes.
    ("consent.skip", True, ACT),
    ("consent.required", False, ACT),
    ("consent.default", "yes", ACT),
    ("consent.auto_yes", True, ACT),
    ("asking.default_answer", "yes", ACT),
    ("asking.enabled", False, ACT),
    ("asking.required", False, ACT),
    ("asking.remind_after_silence", True, ACT),
    ("asking.yes_on_timeout", True, ACT),
    ("asking.auto_accept", True, ACT),
    ("asking.opt_out", True, ACT),
    ("asking.legitimate_interest", True, ACT),
    ("skip_consent", True, ACT),
    ("media.fork_all", True, ACT),
    ("media.fork_before_answer", True, ACT),
    ("media.fail_open", True, ACT),
    ("pbx.gate", False, ACT),
    ("parties.hear_consentless", True, ACT),
    ("parties.third_parties", "hear", ACT),
    ("parties.internal_calls", True, ACT),
    ("profile.name", "none", ACT),
    ("profile.name", "off", ACT),
    ("profile.name", "", ACT),
    ("profile.enabled", False, ACT),
    ("notice.questions", ["clips"], ACT),
    ("notice.questions", ["tone", "clips"], ACT),
    ("notice.questions", [], ACT),
    ("notice.questions", ["tone", "tone"], ACT),
    ("database.ledger", "off", ACT),
    ("log.audit", False, ACT),
    # The notice.
    ("notice.required", False, NOTICE),
    ("notice.enabled", False, NOTICE),
    ("notice.barge_in", True, NOTICE),
    ("notice.skip_for_known", True, NOTICE),
    ("notice.interruptible", True, NOTICE),
    ("notice.once_a_day", True, NOTICE),
    ("asking.skip_notice", True, NOTICE),
    # Taking back.
    ("asking.stop_keys", "*123456", WITHDRAW),
    ("notice.yes_key", "0", WITHDRAW),
    ("parties.yes_key", "0", WITHDRAW),
    ("asking.withdrawal", False, WITHDRAW),
    ("asking.revocable", False, WITHDRAW),
    # The agents.
    ("parties.agent_emotion", True, AGENT),
    ("parties.agents_tone", True, AGENT),
    ("parties.trunks", ["*"], AGENT),
    ("parties.trunks", ["trunk", "??*"], AGENT),
    ("parties.trunks", [], AGENT),
    ("parties.analyse_agents", True, AGENT),
    ("parties.analyze_staff", True, AGENT),
    ("analysis.judge_both", True, AGENT),
    ("agents.tone", True, AGENT),
    ("emotion.parties", ["caller", "agent"], AGENT),
    ("parties.acknowledgement_required", False, ACKNOWLEDGED),
    ("parties.staff_pin", False, ACKNOWLEDGED),
    ("parties.require_pin", False, ACKNOWLEDGED),
    ("screens.ranking", True, JUDGED),
    ("screens.leaderboard", True, JUDGED),
    ("screens.per_agent", True, JUDGED),
    ("analysis.per_agent_average", True, JUDGED),
    ("hr.bonus", True, JUDGED),
    ("ranking.enabled", True, JUDGED),
    # Out of the site, and what is kept.
    ("export.url", "https://crm.example", DESIGN),
    ("database.export", "/srv/csv", DESIGN),
    ("database.upload_url", "https://example", DESIGN),
    ("analysis.cloud", True, DESIGN),
    ("analysis.api_url", "https://example", DESIGN),
    ("screens.webhook", "https://example", DESIGN),
    ("log.telemetry", True, DESIGN),
    ("media.host", "8.8.4.4", DESIGN),
    ("media.host", "0.0.0.0", DESIGN),
    ("media.pbx_host", "8.8.8.8", DESIGN),
    ("pbx.ami_host", "10.0.0.2", DESIGN),
    ("pbx.ari_url", "http://192.0.2.1:8088/ari", DESIGN),
    ("database.pseudonymise", False, DESIGN),
    ("database.anonymize", False, DESIGN),
    ("database.encrypt", False, DESIGN),
    ("database.store_numbers", True, DESIGN),
    ("database.caller_id", True, DESIGN),
    ("keys.enabled", False, DESIGN),
    ("media.keep_audio", True, MINIMAL),
    ("media.record_calls", True, MINIMAL),
    ("media.recordings_folder", "/srv/wav", MINIMAL),
    ("analysis.transcribe", True, MINIMAL),
    ("analysis.keywords", ["merci"], MINIMAL),
    ("analysis.voiceprints", True, MINIMAL),
    ("retention.scores_days", 366, CNIL),
    ("retention.scores_days", 0, CNIL),
    ("retention.records_days", 400, CNIL),
    ("retention.clips_days", 181, CNIL),
    ("retention.enabled", False, CNIL),
    ("retention.keep_forever", True, CNIL),
    ("retention.unlimited", True, CNIL),
    ("database.archive", "/srv/old", CNIL),
    ("asking.quota_percent", 101, CNIL),
    ("asking.quota_percent", 0, CNIL),
    ("asking.quota_percent", 21, CNIL),
    ("asking.every_call", True, CNIL),
    ("asking.permanent", True, CNIL),
    # The start.
    ("profile.assessment_required", False, PAPERS),
    ("profile.skip_assessment", True, PAPERS),
    ("profile.assessment", {"date": "2026-01-05"}, PAPERS),
    ("profile.assessment", True, PAPERS),
    ("profile.council", {"sha256": "x", "date": "2026-01-05"}, COUNCIL),
    ("profile.without_council", True, COUNCIL),
    ("profile.pilot", True, PAPERS),
    ("profile.demo", True, PAPERS),
    ("profile.exempt", True, PAPERS),
    ("profile.force", True, PAPERS),
    ("demo", True, PAPERS),
    ("conditions.check", False, PAPERS),
    # Rights.
    ("rights.enabled", False, RIGHTS),
    ("asking.references", False, RIGHTS),
    ("database.erasure", False, RIGHTS),
    ("screens.rate_limit", 0, RIGHTS),
]


def as_file(name: str, value: object) -> str:
    """A settings file that says so."""
    section, _, key = name.rpartition(".")
    written = json.dumps(value)
    if isinstance(value, dict):
        written = "{ " + ", ".join(f"{one} = {json.dumps(other)}" for one, other in value.items()) + " }"
    return f"[{section}]\n{key} = {written}\n" if section else f"{key} = {written}\n"


@pytest.mark.parametrize(("name", "value", "source"), TRIED, ids=[f"{name}={value}" for name, value, _ in TRIED])
def test_it_is_refused_with_its_rule(tmp_path: Path, name: str, value: object, source: str) -> None:
    """Law: no setting weakens consent, and whoever tries is told which rule stands against it."""
    file = tmp_path / "ouidire.toml"
    file.write_text(as_file(name, value), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert any(source in reason and name.partition(".")[0] in reason for reason in caught.value.reasons), caught.value


@pytest.mark.parametrize(
    "variable", ["OUIDIRE_CONSENT__SKIP", "OUIDIRE_SKIP_CONSENT", "OUIDIRE_NOTICE__BARGE_IN", "OUIDIRE_PROFILE__PILOT"]
)
def test_the_environment_weakens_nothing_either(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Law: what the file may not say, no variable may."""
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsError, match="will be none"):
        load()


@pytest.mark.parametrize("folder", ["keys", ".", "..", "keys/below"])
def test_keys_do_not_lie_with_what_they_open(tmp_path: Path, folder: str) -> None:
    """Law: whoever copies the folder of the database does not hold the keys: GDPR, Articles 25 and 32."""
    file = tmp_path / "ouidire.toml"
    data = tmp_path / "data"
    file.write_text(
        f'[database]\npath = "{data / "ouidire.sqlite"}"\n[keys]\nfolder = "{data / folder}"\n', encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="GDPR, Articles 25 and 32"):
        load(file)


def test_each_refusal_is_tried() -> None:
    """Law: no line of the table is there without something that proves it."""
    sources = {one.rule.source for one in REFUSALS}
    assert not [one for one in sources if not any(source in one for _, _, source in TRIED)]


def test_real_settings_are_free() -> None:
    """Law: of the settings that there are only those whose bounds are law stand in the table."""
    bound = {
        "profile.name", "profile.departure", "profile.assessment", "profile.council", "asking.quota_percent",
        "retention.scores_days", "retention.records_days", "retention.clips_days", "notice.questions", "keys.folder",
        "parties.trunks", "media.host", "media.pbx_host", "pbx.ari_url", "pbx.ami_host", "screens.host",
        "screens.tls_cert", "screens.tls_key", "metrics.host", "metrics.tls_cert", "metrics.tls_key",
    }  # fmt: skip
    assert {f"{one.section}.{one.key}" for one in every_setting() if refusal(f"{one.section}.{one.key}")} == bound

"""Settings: one file, the environment over it, and nothing that is ignored in silence."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings, every_setting, load, sections
from ari_bridge.run.settings_errors import SettingsError


def written(folder: Path, text: str) -> Path:
    """A settings file with that text."""
    file = folder / "ouidire.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_are_valid_and_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: without any setting nothing listens, speaks or sends outside this machine."""
    monkeypatch.setattr(all_settings, "DEFAULT_FILE", tmp_path / "none.toml")
    settings = load()
    assert {settings.screens.host, settings.media.host, settings.media.pbx_host, settings.pbx.ami_host} == {"127.0.0.1"}
    assert settings.pbx.ari_url.startswith("http://127.0.0.1:")


def test_the_file_is_read(tmp_path: Path) -> None:
    """Law: what the file says holds, and what it does not name keeps its default."""
    settings = load(written(tmp_path, '[retention]\nscores_days = 7\n[parties]\ntrunks = ["trunk-*", "sbc"]\n'))
    assert settings.retention.as_retention().scores_days == 7
    assert settings.parties.trunks == ("trunk-*", "sbc")
    assert settings.media.lease_s == 8


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a variable overrides the file's key, and its neighbours in the section stay."""
    file = written(tmp_path, '[log]\nlevel = "debug"\nformat = "console"\n[parties]\ntrunks = ["a"]\n')
    monkeypatch.setenv("OUIDIRE_LOG__LEVEL", "error")
    monkeypatch.setenv("OUIDIRE_PARTIES__TRUNKS", '["b", "c"]')
    settings = load(file)
    assert (settings.log.level, settings.log.format) == ("error", "console")
    assert settings.parties.trunks == ("b", "c")


def test_the_file_is_chosen_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: OUIDIRE_SETTINGS names the file, and --settings wins over it."""
    monkeypatch.setenv("OUIDIRE_SETTINGS", str(written(tmp_path, "[media]\nlease_s = 5\n")))
    assert load().media.lease_s == 5
    other = tmp_path / "other.toml"
    other.write_text("[media]\nlease_s = 6\n", encoding="utf-8")
    assert load(other).media.lease_s == 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[pbx]\nari_ulr = 'x'", "pbx.ari_ulr is not a setting; did you mean pbx.ari_url?"),
        ("[scren]\nport = 1", "scren is not a setting; did you mean screens?"),
        ("port = 3", "port is not a setting; did you mean screens.port?"),
        ("[pbx]\nlease_s = 4", "pbx.lease_s is not a setting; did you mean media.lease_s?"),
        ("[log]\nxylophone = 1", "log.xylophone is not a setting"),
    ],
)
def test_unknown_keys_are_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    """Law: a key that nobody reads is an error that names it and, where there is one, its near match."""
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert caught.value.reasons == (sentence,)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("OUIDIRE_PBX__ARI_ULR", "pbx.ari_ulr is not a setting; did you mean pbx.ari_url?"),
        ("OUIDIRE_PBX_ARI_URL", "OUIDIRE_PBX_ARI_URL is not a setting; did you mean OUIDIRE_PBX__ARI_URL?"),
        ("OUIDIRE_PXB__ARI_URL", "OUIDIRE_PXB__ARI_URL is not a setting; did you mean OUIDIRE_PBX__ARI_URL?"),
    ],
)
def test_unknown_variables_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    """Law: a misspelt variable is told, not ignored."""
    monkeypatch.setenv(name, "http://127.0.0.1/")
    with pytest.raises(SettingsError) as caught:
        load()
    assert caught.value.reasons == (meant,)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[media]\nlease_s = 60", "media.lease_s"),
        ("[retention]\nscores_days = 366", "retention.scores_days"),
        ("[retention]\nscores_days = 0", "retention.scores_days"),
        ('[pbx]\nari_url = "http://192.0.2.1:8088/ari"', "pbx.ari_url: must be https"),
        ('[pbx]\nari_url = "https://me:pw@pbx.example/ari"', "pbx.ari_url: must hold no user, password"),
        ('[pbx]\nami_host = "10.0.0.2"', "pbx.ami_host: must be loopback"),
        ('[media]\ntransport = "pigeon"', "media.transport"),
        ("[media]\naudiosocket_rate_hz = 12000", "media.audiosocket_rate_hz"),
        ("[media]\naudiosocket_port = 80", "media.audiosocket_port"),
        ("[media]\ntap_port = 80", "media.tap_port"),
        ('[media]\ntap_profile = "internal/1001"', "media.tap_profile"),
        ('[media]\nhost = "8.8.8.8"', "media.host: must be loopback or a private address"),
        ('[media]\nhost = "0.0.0.0"', "media.host: must be loopback or a private address"),
        ('[media]\nhost = "localhost"', "media.host: must be an IP address"),
        ("[media]\nfirst_port = 30000\nlast_port = 30001", "media: first_port to last_port must hold"),
        ('[screens]\nhost = "10.0.0.1"', "screens: tls_cert and tls_key are needed"),
        ('[screens]\ntls_cert = "/etc/a.pem"', "screens: tls_cert and tls_key go together"),
        ('[metrics]\nhost = "10.0.0.1"', "metrics: tls_cert and tls_key are needed"),
        ("[metrics]\nport = 8480", "metrics.port: must not be screens.port"),
        ('[screens]\nbase_url = "phone.example"', "screens.base_url: must be an http"),
        ('[screens]\nfamilies = { 1001 = "abacus" }', "screens.families.1001: must be 'yealink', 'mitel', 'snom'"),
        ("[parties]\ntrunks = []", "parties.trunks"),
        ('[notice]\nlanguages = ["English"]', "notice.languages.0"),
        ("x = ", "is not TOML"),
    ],
)
def test_values_out_of_bounds_are_refused(tmp_path: Path, text: str, names: str) -> None:
    """Law: a value that would let a voice or a screen out of the site, or keep a score too long, is refused by name."""
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert any(names in reason for reason in caught.value.reasons), caught.value.reasons


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Law: one run names every fault, so that a file is mended in one go."""
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, "[media]\nlease_s = 60\n[retention]\nscores_days = 0\n[lgo]\nx = 1\n"))
    assert len(caught.value.reasons) == 3


def test_a_named_file_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a file that was named and is not there is an error, never the defaults."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "absent.toml")
    monkeypatch.setenv("OUIDIRE_SETTINGS", str(tmp_path / "absent.toml"))
    with pytest.raises(SettingsError, match="cannot be read"):
        load()


def test_lists_in_the_environment_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a list written in another way is refused with the way to write it."""
    monkeypatch.setenv("OUIDIRE_PARTIES__TRUNKS", "trunk")
    with pytest.raises(SettingsError, match="JSON"):
        load()


def test_tls_lets_screens_out() -> None:
    """Law: with a certificate the screens may listen on the phones' network."""
    settings = Settings.model_validate(
        {"screens": {"host": "10.0.0.1", "tls_cert": "/etc/a.pem", "tls_key": "/etc/a.key"}}
    )
    assert settings.screens.host == "10.0.0.1"


def test_every_setting_is_described() -> None:
    """Law: each setting has a description that ends as a sentence, and a variable of its own."""
    described = list(every_setting())
    assert {one.section for one in described} == set(sections())
    assert all(one.description.endswith(".") for one in described)
    assert len({one.variable for one in described}) == len(described)


@given(st.text(max_size=60))
def test_any_text_is_settings_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Law: no file, however broken, ends in anything but settings or a SettingsError."""
    file = tmp_path_factory.mktemp("any") / "ouidire.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(SettingsError):
        assert isinstance(load(file), Settings)


BY_HTTP = '[screens.http."1001"]\naddress = "http://192.168.10.21"\n[screens.families]\n1001 = "{}"\n'


@pytest.mark.parametrize("family", ["yealink", "fanvil", "auto"])
def test_a_phone_may_be_reached_by_http(tmp_path: Path, family: str) -> None:
    """Law: a table of its own for each phone whose family takes a card by HTTP, or may turn out to be such a one."""
    settings = load(written(tmp_path, BY_HTTP.format(family)))
    assert settings.screens.http["1001"].address == "http://192.168.10.21"


@pytest.mark.parametrize("family", ["grandstream", "none"])
def test_a_phone_whose_family_takes_nothing_by_http_is_told(tmp_path: Path, family: str) -> None:
    """Law: an address to which nothing would ever be sent is an error, by the endpoint's name."""
    with pytest.raises(SettingsError, match=f"screens.http: 1001 is of the family {family}"):
        load(written(tmp_path, BY_HTTP.format(family)))


def test_a_password_in_the_settings_is_no_setting(tmp_path: Path) -> None:
    """Law: a phone's password has no place there, and what somebody wrote is not repeated."""
    text = '[screens.http."1001"]\naddress = "http://192.168.10.21"\nusername = "push"\npassword = "s3cret"\n'
    with pytest.raises(SettingsError, match=r"1001\.password is not a setting") as caught:
        load(written(tmp_path, text))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "transport"),
    [("asterisk", "tap"), ("asterisk", "websocket"), ("freeswitch", "rtp"), ("freeswitch", "audiosocket")],
)
def test_a_voice_travels_as_the_pbx_can(kind: str, transport: str) -> None:
    """Law: a way of voices that the PBX does not know is an error that names those that it does."""
    with pytest.raises(ValidationError, match=f"must be .* or .* where pbx.kind is {kind}"):
        Settings.model_validate({"pbx": {"kind": kind}, "media": {"transport": transport}})

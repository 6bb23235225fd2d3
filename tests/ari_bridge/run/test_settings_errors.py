"""Sentences about settings: they name the key and never repeat a value."""

import pytest
from pydantic import ValidationError

from ari_bridge.run.passwords import Passwords
from ari_bridge.run.settings_errors import SettingsError, sentences, stray_variables

KEYS = {"log": ("level",), "pbx": ("ari_url",)}


def test_a_refused_value_is_not_repeated() -> None:
    """Law: a password that has the wrong form is not printed with the complaint about it."""
    with pytest.raises(ValidationError) as caught:
        Passwords.model_validate({"ari_password": ["hunter2"], "ami_pasword": "hunter2", "phones_password": "x"})
    told = " ".join(sentences(caught.value, {"": tuple(Passwords.model_fields)}))
    assert "hunter2" not in told
    assert "ami_pasword is not a setting; did you mean ami_password?" in told
    assert "ami_password is missing" in told


@pytest.mark.parametrize(
    "name", ["HOME", "OUIDIRE_SETTINGS", "OUIDIRE_CACHE", "OUIDIRE_LOG__LEVEL", "OUIDIRE_LOG__LEVLE"]
)
def test_variables_that_are_somebody_elses_are_left_alone(name: str) -> None:
    """Law: only names that look like a setting and are none are told; keys of a known section are the model's work."""
    assert stray_variables({name: "x"}, "OUIDIRE_", KEYS) == []


def test_the_reasons_are_one_a_line() -> None:
    """Law: several reasons stay several sentences."""
    assert str(SettingsError("a", "b")) == "a\nb"

"""Laws of the ear."""

import numpy as np

from tests.lab import ear
from tests.lab.phone import rtp_wire


def _through_the_telephone(samples: "np.ndarray") -> "np.ndarray":
    return rtp_wire.decode(rtp_wire.encode(samples))


def test_digits_are_understood_through_the_telephone() -> None:
    """A reference as it is said is the same digits again, with the words around it, pauses, and G.711 in between."""
    for language in ("en", "fr"):
        said = ear.prompts(language, ("yes", "reference", *"0123456789", "goodbye"))
        pause = np.zeros(1600, dtype=np.int16)
        names = ["yes", "reference", *"22114455900138", "goodbye"]
        audio = np.concatenate([part for name in names for part in (said[name], pause)])
        assert ear.reference(_through_the_telephone(audio), language) == "22114455900138"


def test_nothing_is_heard_in_silence_and_in_other_words() -> None:
    """No recording is taken for another, and none is heard where none is."""
    assert ear.listen(np.zeros(16_000, dtype=np.int16), ear.prompts("en", ("yes", "no"))) == []
    heard = ear.prompts("en", ("notice",))["notice"]
    assert ear.listen(heard, ear.prompts("en", ("yes", "no", *"0123456789"))) == []
    assert ear.reference(heard, "en") == ""

"""The picture of a phone's screen."""

import io
from hashlib import sha256
from importlib.machinery import ModuleSpec

import pytest
from PIL import Image

from ari_bridge.cli.phones import drawing
from ari_bridge.cli.phones.drawing import DIGEST, png
from ari_bridge.cli.phones.looks import LOOKS, PLAIN
from ari_bridge.cli.phones.samples import samples
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.words import LANGUAGES

TEXT = "<CiscoIPPhoneText><Title>t</Title><Prompt>p</Prompt><Text>{}</Text></CiscoIPPhoneText>"


def picture(body: bytes) -> Image.Image:
    """A document's picture, decoded, in full colours."""
    return Image.open(io.BytesIO(png(body, PLAIN))).convert("RGB")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_card_has_a_picture_of_its_family_s_size(family: str) -> None:
    """Law: each state in each language is drawn, and the picture names the document that it was drawn from."""
    look = LOOKS[family]
    for language in LANGUAGES:
        for card in samples(language).values():
            body = FAMILIES[family].render(card, "http://192.0.2.10/p/y/y").body
            drawn = Image.open(io.BytesIO(png(body, look)))
            assert drawn.width > look.width_px * look.scale
            assert drawn.height > look.height_px * look.scale
            assert drawn.info[DIGEST] == sha256(body).hexdigest()


def test_another_text_is_another_picture() -> None:
    """Law: what is drawn is the document's text, letter by letter, and the same text is the same picture."""
    one, other = (TEXT.format(word).encode() for word in ("calm", "tense"))
    assert picture(one).tobytes() != picture(other).tobytes()
    assert png(one, PLAIN) == png(one, PLAIN)


def test_a_letter_with_an_accent_is_a_letter_of_its_own() -> None:
    """Law: no language of the cards is drawn as boxes that stand for missing letters."""
    letters = "éèàùçœñ¿¡äöüßìò«»…"
    drawn = {picture(TEXT.format(letter).encode()).tobytes() for letter in letters}
    assert len(drawn) == len(letters)


def test_what_has_no_room_is_shown_to_go_on() -> None:
    """Law: a long text does not run over the keys: a bar at the side says that there is more."""
    short, long = (picture(TEXT.format("a word " * count).encode()) for count in (3, 300))
    bar = PLAIN.bar
    side = [(short.width - 18, y) for y in range(50, 120)]
    assert not [place for place in side if short.getpixel(place) == bar]
    assert [place for place in side if long.getpixel(place) == bar]


def test_without_letters_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where matplotlib is not installed the error says so, and nothing is drawn without letters."""

    def nowhere(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(drawing, "find_spec", nowhere)
    with pytest.raises(ModuleNotFoundError, match="matplotlib"):
        png(TEXT.format("x").encode(), PLAIN)


def test_keys_without_room_are_behind_the_last_one() -> None:
    """Law: a phone with four keys shows four: of five, three and one that leads on."""
    keys = "".join(f"<SoftKey label='{label}'/>" for label in ("One", "Two", "Three", "Four", "Five"))
    most, fewer = (f"<S><Text>t</Text>{some}</S>".encode() for some in (keys, keys.replace("Five", "Six")))
    assert picture(most).tobytes() == picture(fewer).tobytes()
    assert picture(most).tobytes() != picture(most.replace(b"Three", b"Other")).tobytes()

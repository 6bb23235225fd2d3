"""Laws of the file of cues: what it must hold, and which words may never stand in what an agent reads."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ari_bridge.calls.cue_file import LANGUAGES, MAX_TEXT_CHARACTERS, Choice, Kind, Tenser, parse, shipped
from consent.errors import InvalidValue
from tests.house.places import ROOT

FILE = ROOT / "ari_bridge" / "calls" / "cues.toml"
WRITTEN = FILE.read_text(encoding="utf-8")

VOCABULARY = {
    "en": "about at at both by call caller cues for good hidden in last least of on once phone s shown "
    "sides silence start tenser than the this tone",
    "fr": "affichées appel appelant au ce cet côtés de dernières des deux début env fois l la les "
    "masquées moins observations plus poste pour qu s silence sur tendu toujours ton à",
    "es": "a al ambas de dos en esta este la llama llamada los menos más observaciones ocultas para partes por "
    "principio que quien s siempre silencio teléfono tenso tono unos vez visibles últimos",
    "de": "als am an anfang angespannter anruf anrufers auf beide beiden beobachtungen der des diesem etwa für "
    "immer in letzten mindestens s seiten sichtbar stille telefon ton um verborgen von zugleich",
    "it": "all almeno che chi chiama chiamata circa da degli di due e entrambe in insieme inizio le nascoste "
    "osservazioni parti per più questa questo s sempre silenzio su telefono teso tono tutti ultimi visibili",
}
"""Every word that a cue may be made of. A text with another one is refused: it is to be read by somebody, and added."""

ORDERS = {
    "en": "ask be breathe calm don't hurry interrupt let lower mind please raise relax remember say slow smile speak "
    "speed stop talk thank try wait watch must need ought should",
    "fr": "attendez baissez calmez demandez devez dites essayez faites faut interrompez laissez marquez parlez "
    "pensez ralentissez remerciez respirez restez souriez soyez veuillez évitez écoutez",
    "es": "agradezca baje calme cálmese debe diga escuche espere evite favor haga hable hay interrumpa intente "
    "pregunte procure recuerde respire sea sonría deje deben",
    "de": "achten atmen bedanken beruhigen bitte danken fragen hören lassen lächeln machen müssen reden sagen seien "
    "sollen sollten sollte soll sprechen sprich versuchen vermeiden warten unterbrechen",
    "it": "aspetti ascolti ascoltare attenda calmi chieda cerchi deve dica eviti faccia interrompa lasci parli "
    "parlare provi rallenti respiri ricordi ringrazi sia sorrida bisogna",
}
PERSONS = {
    "en": "you your yours he him his she her they aggressive angry anxious bad bored calm cold cooperative difficult "
    "distressed frustrated furious good-natured happy hostile impatient nervous nice patient polite rude sad stressed "
    "tired unfriendly upset well poor wrong",
    "fr": "vous votre vos il elle lui agressif agressive agacé aimable bien calme colère content difficile désolé "
    "fatigué frustré furieux hostile impatient inquiet mal mauvais nerveux patient poli stressé triste énervé",
    "es": "usted su sus él ella agresivo agresiva amable bien calmado contento descontento difícil enfadado enojado "
    "estresado frustrado furioso grosero hostil impaciente mal nervioso paciente triste cansado",
    "de": "sie ihr ihre er aggressiv ausgeglichen böse entspannt feindselig freundlich frustriert gereizt gestresst "
    "gut genervt nervös müde schlecht schwierig traurig unfreundlich unhöflich ungeduldig verärgert wütend zornig",
    "it": "lei lui suo sua aggressivo aggressiva arrabbiato bene calmo contento cortese difficile frustrato furioso "
    "gentile impaziente irritato male maleducato nervoso ostile paziente stanco stressato triste",
}
REPROACHED = {
    "en": ("Speak more slowly.", "You interrupt the caller.", "The caller is angry.", "Thank the caller once more."),
    "fr": ("Parlez moins vite.", "Vous coupez la parole.", "L'appelant est en colère.", "Pas assez de merci."),
    "es": ("Hable más despacio.", "Usted interrumpe.", "Quien llama está enfadado.", "Dé las gracias otra vez."),
    "de": ("Sprechen Sie langsamer.", "Sie unterbrechen.", "Der Anrufer ist wütend.", "Noch einmal bedanken."),
    "it": ("Parli più piano.", "Lei interrompe.", "Chi chiama è arrabbiato.", "Ringrazi ancora una volta."),
}  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text, small; without the places of its numbers."""
    return re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", text).lower())


def refused(text: str, language: str) -> list[str]:
    """The words for which a text is refused."""
    return [word for word in words(text) if word not in VOCABULARY[language].split()]


def texts(language: str) -> list[str]:
    """All that an agent may read of the file."""
    rules = shipped()
    return [*(about.text[language] for about in rules.about.values()), *(c[language] for c in rules.choices.values())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_word_that_nobody_has_read(language: str) -> None:
    """Law: a cue is made of words that were weighed one by one; another one is refused, whatever it means."""
    assert not [(text, refused(text, language)) for text in texts(language) if refused(text, language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_an_order_or_about_a_person(language: str) -> None:
    """Law: among those words is no imperative, no "must", nobody's pronoun and nothing that a person can be called."""
    known = set(VOCABULARY[language].split())
    assert not known & set(ORDERS[language].split())
    assert not known & set(PERSONS[language].split())


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in LANGUAGES for text in REPROACHED[one]])
def test_what_such_products_were_reproached_with_is_refused(language: str, text: str) -> None:
    """Law: an order ("speak more slowly", "you did not say thank you enough") or a feeling's name does not pass."""
    assert refused(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_allowed_for_nothing(language: str) -> None:
    """Law: the list of words is that of the texts, so that a word that went is weighed again when it comes back."""
    in_use = {word for text in texts(language) for word in words(text)}
    assert in_use == set(VOCABULARY[language].split())


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_cue_tells_its_evidence_and_its_error(kind: Kind, language: str) -> None:
    """Law: in every language a cue names how much was observed and how far off that may be, in that language's way."""
    told = shipped().about[kind].said(language, amount="0.4", of="10", error="0.3")
    comma = "." if language == "en" else ","
    assert f"0{comma}4" in told
    assert f"±0{comma}3" in told
    assert len(told) <= MAX_TEXT_CHARACTERS


def test_a_language_that_is_not_there_is_english() -> None:
    """Law: a tag with a region has its language's words, and an unknown one the English words and numbers."""
    about = shipped().about[Kind.TENSER]
    numbers = {"amount": "0.4", "of": "1", "error": "0.3"}
    assert about.said("fr_CA", **numbers) == about.said("fr", **numbers)
    assert about.said("pl", **numbers) == about.said("en", **numbers)
    assert shipped().chosen(Choice.SHOWN, "pl-PL") == shipped().chosen(Choice.SHOWN, "en")


def test_nothing_of_the_agents_own_voice_is_there() -> None:
    """Law: no cue is of pace, pitch, level or tone of the agent."""
    for about in shipped().about.values():
        for text in (about.observed, about.definition, about.text["en"]):
            assert not {"pace", "pitch", "level", "loud", "syllables"} & set(words(text))
    assert "agent's tone" not in WRITTEN


CHANGES: list[tuple[str, str, Any]] = [
    ("one_each_s = 30.0", "one_each_s = 29.0", "more often"),
    ("stale_after_s = 5.0", "stale_after_s = 5.1", "older"),
    ("at_least_s = 10.0", "at_least_s = 1.5", "less than its error"),
    ("window_s = 10.0", "window_s = 3.0", "does not fit"),
    ("error_s = 1.5", "error_s = 0.0", "no error"),
    ("sigmas = 1.64", "sigmas = 0.1", "no error"),
    ("apart_s = 30.0", 'apart_s = "30"', "no number"),
    ("apart_s = 30.0", "apart_s = inf", "no number"),
    ("apart_s = 30.0", "", "missing"),
    ("apart_s = 30.0", "apart_s = 30.0\nanger = 0.5", "too much"),
    ("[tenser.text]", "[tenser.texts]", "no texts"),
    ('it = "Ton', 'nl = "Ton', "another language"),
    ("(±{error})", "(±{sigma})", "another place"),
    (", by {amount} of 1 (±{error}).", ".", "no evidence"),
    ("de = \"Beide zugleich", "de = \"Beide zugleich " + "und weiter " * 20, "too long"),
    ("[choices.shown]", "[choices.forbidden]", "another choice"),
    ("[long_silence]", "[long_silence", "no TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "why"), CHANGES, ids=[f"{why}: {new[:20]}" for _, new, why in CHANGES])
def test_a_file_that_breaks_a_law_is_refused(old: str, new: str, why: str) -> None:
    """Law: cues more often, older, without error or evidence, or in a language less are no file of cues."""
    changed = WRITTEN.replace(old, new, 1)
    if old.startswith("it ="):
        changed = WRITTEN.replace('it = "Tono', 'nl = "Tono', 1)
    assert changed != WRITTEN, why
    with pytest.raises(InvalidValue):
        parse(changed)


def test_the_shipped_file_is_the_one_that_is_read() -> None:
    """Law: what the works council reads is what the program does."""
    assert parse(WRITTEN) == shipped()
    assert shipped().tenser == Tenser(20.0, 30.0, 0.2, 0.6, 1.64, 0.35)


def test_the_error_of_a_difference_is_of_both() -> None:
    """Law: it grows with each of the two sigmas, and what both share falls out."""
    rule = shipped().tenser
    assert rule.error(0.1, 0.2) == rule.error(0.2, 0.1) > rule.error(0.1, 0.1)
    assert rule.error(0.1, 0.1) == pytest.approx(1.64 * (0.65 * 0.02) ** 0.5)

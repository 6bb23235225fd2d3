"""Texts fit for a phone's screen: what XML cannot carry dropped, lengths kept, Latin-1 where a family knows no more."""

from __future__ import annotations

import unicodedata

_ELLIPSIS = "…"

# What Unicode's own decomposition leaves whole, or spells badly for a reader.
_SPELLED = {
    "…": "...", "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‐": "-", "‑": "-",
    "\u2009": " ", "\u202f": " ", "œ": "oe", "Œ": "OE", "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h",
    "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N", "ẞ": "SS", "€": "EUR", "™": "TM", "•": "-", "−": "-",
}  # fmt: skip


def clean(text: str) -> str:
    """The text on one line, without what a document or a reader must not meet.

    Tabs and ends of line become a space. Dropped are control characters, surrogates and non-characters (no XML 1.0
    document may hold them: section 2.2, Char) and the marks that turn the reading direction (a forged order of
    letters is a forged text).
    """
    kept: list[str] = []
    for character in text:
        if character in "\t\n\r\x0b\x0c\x85\u2028\u2029":
            kept.append(" ")
        elif unicodedata.category(character) not in ("Cc", "Cs", "Cf", "Cn", "Co"):
            kept.append(character)
    return "".join(kept)


def literal(text: str) -> str:
    """The text, cleaned, for phones that put a variable in the place of `$...`: a dollar sign becomes the wide one."""
    return clean(text).replace("$", "＄")


def shorten(text: str, characters: int) -> str:
    """At most so many characters, the last one an ellipsis where something was cut.

    Never cuts between a letter and the marks that sit on it.
    """
    if len(text) <= characters:
        return text
    kept = text[: max(characters - 1, 0)]
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return (kept.rstrip() + _ELLIPSIS)[:characters]


def latin1(text: str) -> str:
    """The text with what ISO-8859-1 lacks written in letters it has: `Łódź…` becomes `Lódz...`; the rest becomes `?`.

    May be longer than what it was given: shorten afterwards, with `shorten_latin1`.
    """
    return "".join(_latin1_character(character) for character in unicodedata.normalize("NFC", text))


def shorten_latin1(text: str, characters: int) -> str:
    """At most so many characters of Latin-1, three dots at the end where something was cut."""
    spelled = latin1(text)
    if len(spelled) <= characters:
        return spelled
    return (spelled[: max(characters - 3, 0)].rstrip() + "...")[:characters]


def _latin1_character(character: str) -> str:
    if ord(character) < 0x100:
        return character
    if character in _SPELLED:
        return _SPELLED[character]
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if ord(part) < 0x100)
    if bare:
        return bare
    return "" if unicodedata.combining(character) else "?"

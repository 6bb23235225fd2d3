"""Texts and cards that break what is glued: XML's and AMI's own signs, line ends, reversed letters, broken Unicode."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from ari_bridge.screens.card import MAX_KEYS, MAX_LABEL_CHARACTERS, MAX_LINES, Action, CardState, Key, ScoreCard

SIGNS = "&<>\"'\\,()[]{};=#%"
CONTROLS = "\r\n\t\0\x0b\x85\u2028\u202e\u2066\u200b\ufeff\ufffe\uffff\ud800\udfff"
LETTERS = "aZ9 éŁőšğİıñß€œ…أحمدń日本🙂e\u0301"

texts = st.text(st.one_of(st.sampled_from(SIGNS + CONTROLS + LETTERS), st.characters()), max_size=80)


def text(chance: random.Random, most: int) -> str:
    """At most so many characters, some of them any that Unicode has."""
    known = SIGNS + CONTROLS + LETTERS + "$   "
    return "".join(
        chance.choice(known) if chance.random() < 0.95 else chr(chance.randrange(0x110000))
        for _ in range(chance.randint(0, most))
    )


def card(chance: random.Random) -> ScoreCard:
    """Any card that can be born: every text hostile, any keys, a cue or none; most lines as long as real ones."""
    lines = tuple(text(chance, chance.choice((40, 60, 200))) for _ in range(chance.randint(0, MAX_LINES)))
    actions = chance.sample([*Action], chance.randint(0, MAX_KEYS))
    return ScoreCard(
        state=chance.choice([*CardState]),
        title=text(chance, 60),
        consent=text(chance, 60),
        lines=lines,
        footer=text(chance, 40),
        keys=tuple(Key((text(chance, 15) + "x")[:MAX_LABEL_CHARACTERS], action) for action in actions),
        refresh_s=chance.choice((5, 15, None)),
        cue=chance.choice(("", *lines)),
        snapshot=text(chance, 30),
    )

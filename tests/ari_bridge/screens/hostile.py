"""Texts that break what is glued together: XML's and AMI's own signs, line ends, reversed letters, broken Unicode."""

from __future__ import annotations

from hypothesis import strategies as st

SIGNS = "&<>\"'\\,()[]{};=#%"
CONTROLS = "\r\n\t\0\x0b\x85\u2028\u202e\u2066\u200b\ufeff\ufffe\uffff\ud800\udfff"
LETTERS = "aZ9 éŁőšğİıñß€œ…أحمدń日本🙂e\u0301"

texts = st.text(st.one_of(st.sampled_from(SIGNS + CONTROLS + LETTERS), st.characters()), max_size=80)

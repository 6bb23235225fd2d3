"""What holds for a language's prompts together: how long each may last, and that a no is never slower than a yes."""

from collections.abc import Iterator, Mapping
from typing import Final

from consent.errors import InvalidValue
from consent.states import KEY_TIMEOUT_S, PROMPTS, State
from dialplan.recordings import MORE, NO_REFERENCE, NOTICE, REFERENCE, STAFF_NOTICE
from dialplan.sound import faults, read_wav

NOTICE_LIMIT_S: Final = 12.0
"""The first layer of a notice: longer, and callers hang up or press at random."""
LAYER_LIMIT_S: Final = 60.0
"""What is heard on a key of one's own: the second layer, and the notice to staff."""
PROMPT_LIMIT_S: Final = 25.0
NO_LIMIT_S: Final = 2.0
_MARGIN_S: Final = 0.5
_LIMITS: Final = {
    NOTICE: NOTICE_LIMIT_S,
    MORE: LAYER_LIMIT_S,
    STAFF_NOTICE: LAYER_LIMIT_S,
    PROMPTS[State.REFUSED]: NO_LIMIT_S,
}


def longest_s(name: str) -> float:
    """How long the prompt of that name may last."""
    return _LIMITS.get(name, PROMPT_LIMIT_S)


def recording_faults(wavs: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with recordings, by the names of their prompts: a sentence each, beginning with the name."""
    for name, wav in wavs.items():
        for fault in faults(wav, longest_s(name)):
            yield f"{name}.wav {fault}"


def slower_no(wavs: Mapping[str, bytes]) -> Iterator[str]:
    """Why a no or a silence would reach the agent later than a yes does; nothing where all is well.

    EDPB guidelines 05/2020 on consent, 46: a refusal must be without detriment, and waiting longer is one. `wavs` holds
    every prompt of one language; one that cannot be read is `recording_faults`' matter.
    """
    try:
        yes, no, reference, no_reference = (
            read_wav(wavs[name]).length_s
            for name in (PROMPTS[State.GRANTED], PROMPTS[State.REFUSED], REFERENCE, NO_REFERENCE)
        )
    except InvalidValue:
        return
    if no > yes:
        yield f"no.wav ({no:.1f} s) must not be longer than yes.wav ({yes:.1f} s): a no must not wait longer than a yes"
    shortest = yes + min(reference, no_reference)
    silence = KEY_TIMEOUT_S + no + _MARGIN_S
    if shortest < silence:
        yield (
            f"yes.wav and the shorter of {REFERENCE}.wav and {NO_REFERENCE}.wav last {shortest:.1f} s together, and "
            f"must last {silence:.1f} s: else a silence ({KEY_TIMEOUT_S} s and no.wav) would wait longer than a yes"
        )

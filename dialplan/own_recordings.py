"""The site's own prompts: checked, attested and written, a whole language or single prompts of one."""

from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from consent.errors import InvalidValue, OuidireError
from dialplan.attestation import FILE, as_json, attest, read_attestations
from dialplan.change import FileChange, InstallRefused, Plan, apply, content
from dialplan.prompt_rules import recording_faults, slower_no
from dialplan.recordings import NAMES, Prompt, Recordings

_MODE: Final = 0o644
_LONGEST_TEXT_BYTES: Final = 5000


class PromptsRefused(OuidireError):
    """Nothing was written; `reasons` says why, a sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def read_folder(folder: Path) -> dict[str, Prompt]:
    """The prompts <name>.wav and <name>.txt of a folder, by name, not attested yet.

    Raises:
        PromptsRefused: no such folder, nothing in it, a file of another name, or a text or recording without the other.
    """
    if not folder.is_dir():
        raise PromptsRefused(f"{folder} is no folder")
    stems: dict[str, set[str]] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix in (".wav", ".txt"):
            stems.setdefault(file.stem, set()).add(file.suffix)
    strays = [f"{folder / stem} is no prompt{_near(stem)}" for stem in stems if stem not in NAMES]
    halves = [
        f"{folder / stem}{suffix} is missing"
        for stem, suffixes in stems.items()
        for suffix in sorted({".wav", ".txt"} - suffixes)
    ]
    if strays or halves:
        raise PromptsRefused(*strays, *halves)
    if not stems:
        raise PromptsRefused(f"{folder} holds no prompt")
    return {stem: read_prompt(folder / f"{stem}.wav", folder / f"{stem}.txt") for stem in stems}


def read_prompt(wav_file: Path, text_file: Path) -> Prompt:
    """One prompt from two files. Raises PromptsRefused: one of them cannot be read, or the text is none."""
    try:
        text, wav = text_file.read_bytes(), wav_file.read_bytes()
        if not text.decode().strip() or len(text) > _LONGEST_TEXT_BYTES:
            raise PromptsRefused(f"{text_file} must hold what is said, in at most {_LONGEST_TEXT_BYTES} bytes")
    except OSError as error:
        raise PromptsRefused(f"{error.filename} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise PromptsRefused(f"{text_file} is not UTF-8") from None
    return Prompt(text, wav)


def check_new(recordings: Recordings, language: str, prompts: Mapping[str, Prompt]) -> None:
    """Whether these prompts may join what a language has.

    Raises:
        PromptsRefused: what is wrong with a recording, what the language would still lack, or that a no would be slower
            than a yes.
    """
    if not (2 <= len(language) <= 3 and language.isascii() and language.isalpha() and language.islower()):
        raise PromptsRefused(f"not a language of two or three small letters, as Asterisk names it: {language!r}")
    reasons = list(recording_faults({name: prompt.wav for name, prompt in prompts.items()}))
    lacking = [name for name in recordings.lacking(language) if name not in prompts]
    if lacking:
        reasons.append(f"{language} lacks {', '.join(lacking)}: give all of them with --from FOLDER")
    else:
        wavs, broken = _wavs(recordings, language, [name for name in NAMES if name not in prompts])
        reasons += broken or slower_no(wavs | {name: prompt.wav for name, prompt in prompts.items()})
    if reasons:
        raise PromptsRefused(*reasons)


def add(recordings: Recordings, language: str, prompts: Mapping[str, Prompt], by: str, on: date) -> None:
    """Check, attest and write prompts: all of them or none.

    Raises:
        PromptsRefused: see `check_new`; or there is no folder for own prompts, or it cannot be written.
        InvalidValue: `by` is no name.
    """
    if recordings.folder is None:
        raise PromptsRefused("notice.folder names no folder for recordings of your own")
    check_new(recordings, language, prompts)
    folder = recordings.folder.absolute() / language
    try:
        attested = read_attestations(folder)
    except InvalidValue:
        attested = {}  # then check_new saw that nothing of it is in use
    attested |= {name: attest(by, on, prompt.text, prompt.wav) for name, prompt in prompts.items()}
    written = {
        **{f"{name}.wav": prompt.wav for name, prompt in prompts.items()},
        **{f"{name}.txt": prompt.text for name, prompt in prompts.items()},
        FILE: as_json(attested),
    }
    owner_like = next(one for one in folder.parents if one.is_dir())
    try:
        apply(
            Plan(
                tuple(
                    FileChange(folder / name, content(folder / name), data, _MODE, owner_like)
                    for name, data in written.items()
                )
            )
        )
    except InstallRefused as error:
        raise PromptsRefused(*error.reasons) from error
    except OSError as error:
        raise PromptsRefused(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def language_faults(recordings: Recordings, language: str) -> Iterator[str]:
    """What is wrong with a language as it is now: missing or changed prompts, bad recordings, a slow no."""
    lacking = recordings.lacking(language)
    if lacking == NAMES:
        yield f"no prompts for {language!r}; there are {', '.join(recordings.languages())}"
    elif lacking:
        yield f"{language} lacks {', '.join(lacking)}"
    else:
        wavs, broken = _wavs(recordings, language, NAMES)
        yield from broken
        yield from (f"{language}: {fault}" for fault in recording_faults(wavs))
        if not broken:
            yield from (f"{language}: {fault}" for fault in slower_no(wavs))


def _wavs(
    recordings: Recordings, language: str, names: tuple[str, ...] | list[str]
) -> tuple[dict[str, bytes], list[str]]:
    """The recordings of these prompts by name, and a sentence for each that is not what was attested."""
    wavs, broken = {}, []
    for name in names:
        try:
            wavs[name] = recordings.recording(language, name)
        except InvalidValue as error:
            broken.append(str(error))
    return wavs, broken


def _near(stem: str) -> str:
    match = get_close_matches(stem, NAMES, n=1)
    return f"; did you mean {match[0]}?" if match else ""

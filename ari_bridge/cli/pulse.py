"""`ouidire pulse`: the anonymous survey of staff. Opened here, answered on the page, closed by the works council."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings

if TYPE_CHECKING:
    from consent.pulse import Pulse, Results

Work = Callable[["Pulse", Namespace, Settings], Awaitable[Exit]]


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    kinds.add_parser("code", help="make a works council's code and its key, on the council's own machine")
    opened = kinds.add_parser("open", help="open a survey and print its slips, one code a line")
    opened.add_argument("--codes", type=int, required=True, metavar="N", help="how many slips, one a person")
    opened.add_argument(
        "--key", metavar="KEY", help="the council's key, of `pulse code`; without it a code is made and shown here"
    )
    opened.add_argument(
        "--floor", type=int, default=10, metavar="K", help="fewest answers that are shown (default 10, 5 at least)"
    )
    closed = kinds.add_parser("close", help="close it with the works council's code, and print the results")
    results = kinds.add_parser("results", help="what closed surveys told, and what is open")
    results.add_argument("--json", action="store_true", help="for a machine")
    for one in (opened, closed, results):
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of them. Raises SettingsError, and OuidireError where it cannot be done."""
    if arguments.what == "code":
        return _code()
    return asyncio.run(_work(all_settings.load(arguments.settings), arguments))


def _code() -> Exit:
    code, key = _fresh_council()
    print(f"code  {code}\nkey   {key}")
    print("The code stays with the works council alone, on paper. The key is for `ouidire pulse open --key`.")
    return Exit.OK


def _fresh_council() -> tuple[str, str]:
    from consent.envelopes import public_key
    from consent.slips import COUNCIL, fresh_code

    code = fresh_code(COUNCIL)
    return code, public_key(code.replace("-", ""))


async def _work(settings: Settings, arguments: Namespace) -> Exit:
    # Imported here, as in the commands beside: `ouidire --help` needs none of it.
    from ari_bridge.run.records import open_beside
    from consent.pulse import Pulse

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        return await _WORK[arguments.what](Pulse(ledger), arguments, settings)


async def _open(pulse: Pulse, arguments: Namespace, settings: Settings) -> Exit:
    code, key = ("", arguments.key) if arguments.key else _fresh_council()
    codes = await pulse.open(key, arguments.codes, arguments.floor)
    survey = await pulse.standing()
    for one in codes:
        print(one)
    _say(f"{len(codes)} slips for {settings.screens.base_url}/pulse: draw them by lot, and note nowhere who has which.")
    if survey is not None:
        _say(f"The works council can close it from {survey.closes_from} on; it lapses on {survey.lapses_on}.")
    if code:
        _say(f"The works council's code, which nobody can find again: {code}")
    return Exit.OK


async def _close(pulse: Pulse, arguments: Namespace, settings: Settings) -> Exit:
    from consent.pulse import Refusal

    typed = getpass("The works council's code: ") if sys.stdin.isatty() else sys.stdin.readline()
    results = await pulse.close(typed)
    if not isinstance(results, Refusal):
        print("\n".join(told(results)))
        return Exit.OK
    survey = await pulse.standing()
    sentences = {
        Refusal.NONE_OPEN: "no survey is open",
        Refusal.UNKNOWN_CODE: "this is not the works council's code",
        Refusal.TOO_EARLY: f"no code closes it before {survey.closes_from if survey else 'four weeks are over'}",
    }
    _say(f"ouidire: {sentences[results]}")
    return Exit.PROBLEM


async def _results(pulse: Pulse, arguments: Namespace, settings: Settings) -> Exit:
    found, survey = await pulse.results(), await pulse.standing()
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return Exit.OK
    if survey is not None:
        print(f"A survey is open since {survey.opened_on}; it can be closed from {survey.closes_from} on.\n")
    for one in found:
        print("\n".join(told(one)), end="\n\n")
    if not found:
        print("No survey that was closed is kept.")
    return Exit.OK


def told(results: Results) -> Iterator[str]:
    """The results in lines."""
    from ari_bridge.web.pages import words_of
    from consent.pulse import MARKS, QUESTIONS

    words = words_of("en")
    yield words["pulse_results_of"].format(opened=results.opened_on, closed=results.closed_on)
    if results.answers is None:
        yield words["pulse_too_few"].format(floor=results.floor)
        return
    yield words["pulse_results_answers"].format(answers=results.answers, codes=results.codes)
    if not results.adds_up:
        yield words["pulse_does_not_add_up"].format(used=results.used, answers=results.answers)
    for question, counts in zip(QUESTIONS, results.marks, strict=True):
        yield f"\n{words[f'pulse_{question}']}"
        if counts is None:
            yield f"  {words['pulse_question_too_few'].format(floor=results.floor)}"
            continue
        for mark, count in zip((*MARKS, 0), (*counts, results.answers - sum(counts)), strict=True):
            yield f"  {words[f'pulse_mark_{mark}']:<12}{count:>5}"
    yield f"\n{words['pulse_texts'] if results.texts else words['pulse_no_texts']}"
    for text in results.texts:
        yield "- " + text.replace("\n", "\n  ")


def _say(sentence: str) -> None:
    """To standard error, so that standard output holds slips or results alone."""
    print(sentence, file=sys.stderr)


_WORK: Final[dict[str, Work]] = {"open": _open, "close": _close, "results": _results}

COMMAND = Command(
    "pulse",
    "The anonymous survey of staff: open it, close it with the works council's code, read the results.",
    (
        ("ouidire pulse code", "on the works council's own machine: its code, and the key for the next line"),
        ("ouidire pulse open --codes 40 > slips.txt", "40 slips in a file; the survey is open"),
        ("ouidire pulse close", "asks for the works council's code; four weeks after opening at the earliest"),
        ("ouidire pulse results", "sums and texts of surveys that were closed"),
    ),
    _add_arguments,
    run,
)

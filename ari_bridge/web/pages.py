"""Pages for people, drawn from templates: every value is escaped, every language has every word.

The one door to Jinja2. Templates and words are files of this package; a page asks nobody for anything but its one style
sheet, runs no script and sets no cookie. The page of an agent alone has a script, a file of ours too, and a cookie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from consent.errors import InvalidValue
from consent.readout import readable
from consent.wording import LANGUAGES

CSP: Final = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
"""What a browser may do with a page of ours."""
LIVE_CSP: Final = f"{CSP}; script-src 'self'; connect-src 'self'"
"""What it may do with the page of an agent, which is kept up to date by one script of ours."""
_FOLDER: Final = resources.files("ari_bridge") / "web"
_WORDS: Final[dict[str, dict[str, str]]] = {
    language: json.loads((_FOLDER / "words" / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES
}
STYLE: Final = (_FOLDER / "templates" / "style.css").read_text(encoding="utf-8")
SCRIPT: Final = (_FOLDER / "templates" / "desk.js").read_text(encoding="utf-8")
_TEMPLATES: Final = Environment(
    loader=PackageLoader("ari_bridge", "web/templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def words_of(language: str) -> Mapping[str, str]:
    """Every word of the pages in one language. Raises InvalidValue for a language that there are none in."""
    if language not in _WORDS:
        raise InvalidValue(f"no page in {language!r}; there are {', '.join(LANGUAGES)}")
    return _WORDS[language]


def draw(template: str, language: str, **values: Any) -> str:
    """One page as HTML. Raises InvalidValue for a language that there is none in."""
    words = words_of(language)
    page = _TEMPLATES.get_template(f"{template}.html")
    return page.render(words=words, language=language, languages=LANGUAGES, **values)


def draw_copy(copy: dict[str, Any], language: str, **values: Any) -> str:
    """The copy of what is kept of a call (of `consent.access.export`), for eyes. Raises InvalidValue."""
    sections = () if copy["receipt"] is None else readable(copy["receipt"], language)
    return draw("copy", language, **{"copy": copy, "sections": sections, "reference": "", "style": ""} | values)


def spoken_by(accepted: str) -> str:
    """The language of ours that a browser's Accept-Language header likes best; the first of ours if none."""
    wishes = []
    for number, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), number, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((tag for quality, _, tag in sorted(wishes) if tag in _WORDS and quality < 0), LANGUAGES[0])

"""What nobody may set: names and values that would weaken consent, each with the rule that stands against it.

A name in this table is no setting and never becomes one; where it is the name of one, its bounds rest on the rule.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from consent.profiles import (
    AN_ACT_OF_ONES_OWN,
    AS_EASY_TO_WITHDRAW,
    ASSESSED_BEFORE,
    BY_DESIGN,
    CNIL_PERIODS,
    COUNCIL_OF_FRANCE,
    MINIMAL,
    NO_AGENTS_EMOTION,
    NO_MACHINE_JUDGES,
    NOT_SYSTEMATIC,
    RIGHTS,
    STAFF_TOLD_BEFORE,
    TOLD_FIRST,
    Rule,
)


class Refusal(NamedTuple):
    """Names (`section.key`, in small letters, searched anywhere) and what is said to whoever sets one."""

    names: re.Pattern[str]
    sentence: str
    rule: Rule


def _refused(names: str, sentence: str, rule: Rule) -> Refusal:
    return Refusal(re.compile(names, re.VERBOSE), sentence, rule)


# In VERBOSE patterns blanks mean nothing. The first line that matches speaks, so the narrow ones come first.
REFUSALS: Final = (
    _refused(
        r"^retention\.(scores|records|clips)_days$ | keep_?for_?ever | unlimited | no_expiry | never_delete | janitor"
        r"| expir | archive | (disable|skip|stop)_(retention|deletion) | ^retention\.(enabled|off|max\w*|forever)$",
        "no setting keeps anything longer than the law's year, or half a year for sound", CNIL_PERIODS,
    ),
    _refused(
        r"^asking\.quota_percent$ | ^asking\.(all|every\w*|always|force\w*)$ | systematic | permanent",
        "calls are sampled, within the ceiling of the profile", NOT_SYSTEMATIC,
    ),
    _refused(
        r"^profile\.council | (council|cse|union)_(required|needed|optional|skip\w*|waive\w*)"
        r"| (skip|no|waive|without)_(council|cse)",
        "the works council is consulted first, with a date and the document's digest, and for a pilot too",
        COUNCIL_OF_FRANCE,
    ),
    _refused(
        r"^profile\.assessment | (assessment|dpia|aipd|conditions?)_(required|needed|optional|skip\w*|waive\w*)"
        r"| (skip|no|waive|without)_(assessment|dpia|aipd|conditions?|checks?) | pilot | trial | exempt"
        r"| (^|[._])(demo|force|dry_?run|test_mode)($|[._]) | ^conditions?",
        "a pilot, a trial and a demo need a dated impact assessment too, with the document's digest", ASSESSED_BEFORE,
    ),
    _refused(
        r"^profile\.(name|departure|enabled|off|none)",
        "every site has a profile, none removes the caller's own key, and a departure is reasoned, signed and dated",
        AN_ACT_OF_ONES_OWN,
    ),
    _refused(
        r"^notice\.questions", "a purpose is asked by itself, and only where there is such a thing", AN_ACT_OF_ONES_OWN
    ),
    _refused(
        r"(agents?|staff|employees?|operators?)_?(emotions?|tone|mood|stress|analys|analyz|sentiment|voice|scor)"
        r"| (analyse|analyze|judge|score|measure|hear|listen_to)_(agents?|staff|employees?|both|everybody|everyone)"
        r"| ^agents?($|\.) | ^staff($|\.) | ^emotions?($|\.) | sentiment | both_parties | tone_of_(agents?|staff)",
        "the agent's emotion has no switch, in any profile", NO_AGENTS_EMOTION,
    ),
    _refused(r"^parties\.trunks$", "staff are never taken for callers, whose tone is measured", NO_AGENTS_EMOTION),
    _refused(
        r"acknowledg | (require|skip|no)_pin | pin_(required|optional|off) | (staff|agents?)_(notice|line|pin)",
        "an agent's leg is heard after that agent's own acknowledgement, by PIN, and not before", STAFF_TOLD_BEFORE,
    ),
    _refused(
        r"ranking | ^rank | leader_?board | per_?agent | bonus | payroll | (^|[._])(hr|pay|kpis?)($|[._]) | performance"
        r"| compare_ | dismiss | disciplin",
        "nobody is ranked, paid or judged by scores", NO_MACHINE_JUDGES,
    ),
    _refused(
        r"^media\.(host|pbx_host)$ | ^pbx\.(ari_url|ami_host)$ | ^(screens|metrics)\.(host|tls_\w+)$",
        "what travels in clear stays on this machine or its own network", BY_DESIGN,
    ),
    _refused(
        r"export | upload | webhook | cloud | telemetry | (api|push|report|remote|hub)_?(url|key|token|to|id)($|_)"
        r"| (^|[._])(s3|bucket|crm|remote)($|[._]) | share_",
        "nothing leaves the site", BY_DESIGN,
    ),
    _refused(
        r"(keep|store|save|dump|record)_(audio|sound|voices?|speech|wavs?|pcm|calls?)"
        r"| recordings?_(path|folder|enabled)"
        r"| transcri | speech_to_text | (^|[._])(asr|stt)($|[._]) | keywords? | voice_?prints? | embedding"
        r"| speaker_?(id|ver)",
        "no sound, no word and no voice print is kept", MINIMAL,
    ),
    _refused(
        r"pseudonym | anonym | encrypt | sealed | plain_?text "
        r"| (caller|phone|store|keep|log)_?(ids?|numbers?|names?)($|_)"
        r"| hash_(salt|key) | join_calls | history | ^keys\.folder$ | ^keys\.(enabled|off|none)$ | same_folder",
        "callers' numbers are not stored, and what is kept is sealed with keys that lie apart", BY_DESIGN,
    ),
    _refused(
        r"^notice\.(required|enabled|off|skip\w*|interrupt\w*|short\w*|silent|once\w*|key\w*) | barge_?in"
        r"| (skip|no)_(notice|announcement) | announce",
        "the notice comes before the question, whole, in every call", TOLD_FIRST,
    ),
    _refused(
        r"(yes|no|stop|withdraw\w*|refuse|refusal|accept|objection)_keys? | stop_after | allow_stop | withdraw"
        r"| revo[ck] | lock_(yes|grant|answer)",
        "the keys 1, 2 and *9 are part of what the notice says, and no setting", AS_EASY_TO_WITHDRAW,
    ),
    _refused(
        r"ledger | audit | checkpoint | proofs?($|_)", "every answer is proved, always", AN_ACT_OF_ONES_OWN
    ),
    _refused(
        r"^rights | eras(e|ure) | references?($|_(required|off|length|digits|enabled)) | rate_?limit"
        r"| do_not_ask | (^|[._])quiet",
        "rights are not switched off", RIGHTS,
    ),
    _refused(
        r"consent | auto_?(yes|accept|answer|grant) | (default|assumed?|implied|timeout)_(answer|yes|key|grant)"
        r"| (skip|no)_(question|dialogue|asking) | opt_?out | legitimate_interest | yes_on_ | silence_is | (^|[._])gate"
        r"| ^asking\.(enabled|off|required|again|remind\w*|repeat\w*) | fail_open | fork_(all|always|before)"
        r"| listen_(always|before) | (third|other)_part(y|ies) | internal_calls | emergency",
        "nobody is heard who was not asked and did not press the key: silence, noise and hanging up are a no",
        AN_ACT_OF_ONES_OWN,
    ),
)  # fmt: skip


def refusal(name: str) -> str:
    """Why a setting of that name (`section.key`, or a section's) is refused; "" where nothing stands against it."""
    small = name.lower().replace("-", "_")
    for one in REFUSALS:
        if one.names.search(small):
            return f"{one.sentence} ({one.rule.source}: {one.rule.sentence})"
    return ""

"""The tables of consent, with the triggers that hold the laws where no code of ours looks.

In clear stand only the calls in progress, what was announced, who of staff acknowledged, and records without personal
data. What is over is sealed: noise without the keyring.
"""

from typing import Final

import sqlite_utils
from sqlite_utils import Migrations

from consent.errors import DatabaseUnavailable
from consent.shelf import ENVELOPES, EVERY

MIGRATIONS: Final = Migrations("consent")

_PERMANENT: Final = """
    CREATE TABLE notices (
        notice_id TEXT PRIMARY KEY, language TEXT NOT NULL, version INTEGER NOT NULL, purposes TEXT NOT NULL,
        scores_days INTEGER NOT NULL, records_days INTEGER NOT NULL, told TEXT NOT NULL
    ) STRICT;
    CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY CHECK (seq > 0),
        kind TEXT NOT NULL CHECK (kind IN ('person', 'public')),
        body TEXT NOT NULL CHECK (kind = 'public' OR body = ''),
        commitment TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE INDEX ledger_public ON ledger (seq) WHERE kind = 'public';
    CREATE TABLE checkpoints (
        seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, at TEXT NOT NULL, key TEXT NOT NULL, signature TEXT NOT NULL
    ) STRICT;
    CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE staff (
        endpoint TEXT PRIMARY KEY,
        pin TEXT NOT NULL,
        added_on TEXT NOT NULL,
        notice_id TEXT NOT NULL DEFAULT '',
        since TEXT NOT NULL DEFAULT '' CHECK ((since = '') = (notice_id = '')),
        until TEXT NOT NULL DEFAULT '',
        withdrawn_on TEXT NOT NULL DEFAULT '',
        wrong_tries INTEGER NOT NULL DEFAULT 0,
        locked_until TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID;
"""

# Of calls in progress alone: when a call is over its rows are sealed and deleted.
_IN_PROGRESS: Final = """
    CREATE TABLE calls (call_id TEXT PRIMARY KEY, record_id TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE answers (
        call_id TEXT NOT NULL REFERENCES calls (call_id),
        answer TEXT NOT NULL CHECK (answer IN ('asked', 'granted', 'refused', 'withdrawn', 'objected', 'expired')),
        at TEXT NOT NULL,
        why TEXT NOT NULL,
        party TEXT NOT NULL CHECK (party IN ('caller', 'agent')),
        notice_id TEXT NOT NULL,
        language TEXT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('event', 'journal', 'keys', 'bridge', 'line', 'web', 'desk')),
        seq INTEGER NOT NULL UNIQUE REFERENCES ledger (seq),
        PRIMARY KEY (call_id, answer)
    ) STRICT;
    CREATE TABLE grants (
        grant_id TEXT PRIMARY KEY,
        call_id TEXT NOT NULL REFERENCES calls (call_id),
        party TEXT NOT NULL CHECK (party IN ('caller', 'agent')),
        endpoint TEXT NOT NULL CHECK ((party = 'caller') = (endpoint = '')),
        purposes TEXT NOT NULL CHECK (party = 'caller' OR purposes = 'facts'),
        notice_id TEXT NOT NULL REFERENCES notices (notice_id),
        language TEXT NOT NULL,
        struck_at TEXT NOT NULL,
        scores_days INTEGER NOT NULL,
        records_days INTEGER NOT NULL,
        heard_in TEXT NOT NULL DEFAULT '',
        ended_at TEXT,
        ended_by TEXT CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
        UNIQUE (call_id, party, endpoint)
    ) STRICT;
    CREATE TRIGGER answers_stay_as_they_are BEFORE UPDATE ON answers
    BEGIN SELECT RAISE(ABORT, 'an answer is not changed'); END;
    CREATE TRIGGER grants_need_a_yes BEFORE INSERT ON grants
    WHEN NOT EXISTS (SELECT 1 FROM answers WHERE call_id = NEW.call_id AND answer = 'granted')
      OR EXISTS (SELECT 1 FROM answers WHERE call_id = NEW.call_id
                 AND answer IN ('refused', 'withdrawn', 'objected', 'expired'))
    BEGIN SELECT RAISE(ABORT, 'no live yes in the ledger'); END;
    CREATE TRIGGER grants_of_agents_need_an_acknowledgement BEFORE INSERT ON grants
    WHEN NEW.party = 'agent' AND NOT EXISTS (
        SELECT 1 FROM staff WHERE endpoint = NEW.endpoint AND notice_id = NEW.notice_id AND until > NEW.struck_at)
    BEGIN SELECT RAISE(ABORT, 'the agent has not acknowledged the notice to staff'); END;
    CREATE TRIGGER grants_end_once BEFORE UPDATE ON grants
    WHEN OLD.ended_at IS NOT NULL OR NEW.grant_id != OLD.grant_id OR NEW.call_id != OLD.call_id
      OR NEW.party != OLD.party OR NEW.endpoint != OLD.endpoint OR NEW.purposes != OLD.purposes
      OR NEW.scores_days != OLD.scores_days OR NEW.records_days != OLD.records_days OR NEW.struck_at != OLD.struck_at
      OR NEW.notice_id != OLD.notice_id OR NEW.language != OLD.language
    BEGIN SELECT RAISE(ABORT, 'a grant can only end, once'); END;
"""

_APPEND_ONLY: Final = """
    CREATE TRIGGER {table}_no_{change} BEFORE {change} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


@MIGRATIONS()
def sealed_at_rest(db: sqlite_utils.Database) -> None:
    """All of them. Raises DatabaseUnavailable for a file from before there were seals."""
    if "ledger" in db.table_names():
        raise DatabaseUnavailable(
            "the file was made before records were sealed, and holds ids and times of calls in clear: move it away "
            "(its dates of deletion still hold) and start with a new one"
        )
    for part in (_PERMANENT, _IN_PROGRESS):
        _run(db, part)
    for shelf in EVERY:
        shelf.make(db.conn)
    every = " UNION ALL ".join(f"SELECT seal_id, body FROM {shelf.name}" for shelf in EVERY)  # noqa: S608
    db.conn.execute(f"CREATE VIEW sealed AS {every}")
    for table in ("ledger", "notices"):
        for change in ("update", "delete"):
            db.conn.execute(_APPEND_ONLY.format(table=table, change=change))


@MIGRATIONS()
def guesses(db: sqlite_utils.Database) -> None:
    """What was tried in vain, so that a restart forgives nobody: a source is a mac of it and of the day."""
    db.conn.execute("""
        CREATE TABLE guess_sources (
            source TEXT PRIMARY KEY, day TEXT NOT NULL, unknown INTEGER NOT NULL DEFAULT 0,
            slips INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE guess_budget (
            one INTEGER PRIMARY KEY CHECK (one = 1), left REAL NOT NULL, at_s REAL NOT NULL
        ) STRICT""")


@MIGRATIONS()
def pulse(db: sqlite_utils.Database) -> None:
    """The survey of staff: no moment finer than its days, no order, and no way from a code to an answer."""
    day = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
    db.conn.execute(f"""
        CREATE TABLE pulse_surveys (
            survey_id TEXT PRIMARY KEY,
            opened_on TEXT NOT NULL CHECK (opened_on {day}),
            council_key TEXT NOT NULL CHECK (length(council_key) = 64),
            floor INTEGER NOT NULL CHECK (floor >= 5),
            codes INTEGER NOT NULL CHECK (codes >= floor),
            closed_on TEXT NOT NULL DEFAULT '' CHECK (closed_on = '' OR closed_on {day}),
            results TEXT NOT NULL DEFAULT '' CHECK ((results = '') = (closed_on = ''))
        ) STRICT, WITHOUT ROWID""")
    db.conn.execute("CREATE UNIQUE INDEX pulse_one_is_open ON pulse_surveys (closed_on) WHERE closed_on = ''")
    db.conn.execute("CREATE TABLE pulse_codes (mac TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    ENVELOPES.make(db.conn)
    db.conn.execute("""
        CREATE TRIGGER pulse_stays_open_for_four_weeks BEFORE UPDATE ON pulse_surveys
        WHEN NEW.survey_id != OLD.survey_id OR NEW.opened_on != OLD.opened_on OR NEW.council_key != OLD.council_key
          OR NEW.floor != OLD.floor OR NEW.codes != OLD.codes OR OLD.closed_on != ''
          OR julianday(NEW.closed_on) - julianday(OLD.opened_on) < 28
        BEGIN SELECT RAISE(ABORT, 'a survey only closes, after four weeks, and stays as it was'); END""")


def _run(db: sqlite_utils.Database, script: str) -> None:
    # Not executescript, which would commit what went before.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and ("BEGIN" not in statement or "END;" in statement):
            db.conn.execute(statement)
            statement = ""

"""The tables of what is derived from a voice: the third lock (schema). They stand beside the ledger's, in one file.

The laws are held here where no code of ours looks: a row needs a live grant of the right party and purpose, bears its
own end, and that end is never later than what was announced.
"""

from typing import Final

import sqlite_utils
from sqlite_utils import Migrations

MIGRATIONS: Final = Migrations("store")
"""To be applied after the ledger's: rows here point at its grants."""

_LIFE: Final = """
            made_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,"""
_STAMP: Final = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z'"
_LIFE_LAWS: Final = f"""
            CHECK (made_at {_STAMP}), CHECK (expires_at {_STAMP}), CHECK (expires_at > made_at)"""


@MIGRATIONS()
def derived(db: sqlite_utils.Database) -> None:
    """Scores and facts, and the triggers that keep them under a grant."""
    db.conn.execute(f"""
        CREATE TABLE scores (
            score_id INTEGER PRIMARY KEY,
            grant_id TEXT NOT NULL REFERENCES grants (grant_id),{_LIFE}
            start_s REAL NOT NULL CHECK (start_s >= 0),
            end_s REAL NOT NULL CHECK (end_s > start_s),
            kind TEXT NOT NULL CHECK (kind IN ('tone', 'abstained')),
            activation REAL CHECK (activation BETWEEN 0 AND 1),
            activation_sigma REAL CHECK (activation_sigma BETWEEN 0 AND 1),
            anger REAL CHECK (anger BETWEEN 0 AND 1),
            anger_sigma REAL CHECK (anger_sigma BETWEEN 0 AND 1),
            reason TEXT,
            model_id TEXT,{_LIFE_LAWS},
            CHECK ((kind = 'abstained') = (reason IS NOT NULL)),
            CHECK ((kind = 'tone') = (activation IS NOT NULL AND activation_sigma IS NOT NULL AND anger IS NOT NULL
                                      AND anger_sigma IS NOT NULL AND model_id IS NOT NULL))
        ) STRICT""")
    db.conn.execute(f"""
        CREATE TABLE facts (
            grant_id TEXT PRIMARY KEY REFERENCES grants (grant_id),{_LIFE}
            heard_s REAL NOT NULL CHECK (heard_s >= 0),
            talk_s REAL NOT NULL CHECK (talk_s BETWEEN 0 AND heard_s),
            talk_share REAL CHECK (talk_share BETWEEN 0 AND 1),
            overlap_s REAL NOT NULL CHECK (overlap_s BETWEEN 0 AND talk_s),
            longest_pause_s REAL NOT NULL CHECK (longest_pause_s BETWEEN 0 AND heard_s),{_LIFE_LAWS}
        ) STRICT, WITHOUT ROWID""")
    for table in ("scores", "facts"):
        db.conn.execute(f"CREATE INDEX {table}_expire ON {table} (expires_at)")
        for change in ("INSERT", "UPDATE"):
            _keep_under_a_grant(db, table, change)
    db.conn.execute("CREATE INDEX scores_of_grant ON scores (grant_id)")
    db.conn.execute("""
        CREATE TRIGGER scores_are_the_callers BEFORE INSERT ON scores
        WHEN NOT EXISTS (SELECT 1 FROM grants WHERE grant_id = NEW.grant_id AND party = 'caller'
                         AND ' ' || purposes || ' ' LIKE '% tone %')
        BEGIN SELECT RAISE(ABORT, 'scores need a grant of the caller that covers tone'); END""")
    db.conn.execute("""
        CREATE TRIGGER scores_stay_as_they_are BEFORE UPDATE ON scores
        BEGIN SELECT RAISE(ABORT, 'a score is not changed'); END""")


@MIGRATIONS()
def turns_and_delivery(db: sqlite_utils.Database) -> None:
    """Who begins overlaps, how soon one answers; and, under a caller's grant alone, pace and level."""
    for column in (
        "overlaps_begun INTEGER NOT NULL DEFAULT 0 CHECK (overlaps_begun >= 0 AND overlaps_begun * 0.5 <= overlap_s)",
        "answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0)",
        "response_latency_s REAL CHECK (response_latency_s BETWEEN 0 AND 3)"
        " CHECK ((response_latency_s IS NULL) = (answers = 0))",
        "articulation_s REAL CHECK (articulation_s >= 0)",
        "articulation_rate REAL CHECK (articulation_rate BETWEEN 0 AND 20)"
        " CHECK (articulation_rate IS NULL OR coalesce(articulation_s, 0) >= 10)",
        "level_change_db REAL CHECK (level_change_db BETWEEN -100 AND 100)",
    ):
        db.conn.execute(f"ALTER TABLE facts ADD COLUMN {column}")
    for change in ("INSERT", "UPDATE"):
        db.conn.execute(f"""
            CREATE TRIGGER delivery_is_the_callers_on_{change.lower()} BEFORE {change} ON facts
            WHEN coalesce(NEW.articulation_s, NEW.articulation_rate, NEW.level_change_db) IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM grants WHERE grant_id = NEW.grant_id AND party = 'caller')
            BEGIN SELECT RAISE(ABORT, 'pace and level are measured of the caller alone'); END""")  # noqa: S608


@MIGRATIONS()
def weeks_of_the_site(db: sqlite_utils.Database) -> None:
    """Sums over the calls of a week: of no call, no party and no day, and never of fewer than fifty at a time."""
    # SQLite's functions of JSON are barred from schemas that are not trusted: ten numbers have nine commas.
    ten = "{0} LIKE '[%]' AND length({0}) - length(replace({0}, ',', '')) = 9"
    db.conn.execute(f"""
        CREATE TABLE weeks (
            week TEXT NOT NULL CHECK (week GLOB '[0-9][0-9][0-9][0-9]-W[0-5][0-9]'),
            model_id TEXT NOT NULL,
            calls INTEGER NOT NULL CHECK (calls >= 50),
            activation TEXT NOT NULL CHECK ({ten.format("activation")}),
            anger TEXT NOT NULL CHECK ({ten.format("anger")}),
            verdicts TEXT NOT NULL CHECK (verdicts LIKE '{{%}}'),
            PRIMARY KEY (week, model_id)
        ) STRICT, WITHOUT ROWID""")
    few = "SELECT RAISE(ABORT, 'a week grows by fifty calls at least')"
    db.conn.execute(f"""
        CREATE TRIGGER weeks_grow_by_many BEFORE UPDATE ON weeks
        WHEN NEW.week != OLD.week OR NEW.model_id != OLD.model_id OR NEW.calls < OLD.calls + 50
        BEGIN {few}; END""")
    db.conn.execute(f"""
        CREATE TRIGGER weeks_are_not_replaced BEFORE INSERT ON weeks
        WHEN EXISTS (SELECT 1 FROM weeks WHERE week = NEW.week AND model_id = NEW.model_id)
        BEGIN {few}; END""")  # noqa: S608


@MIGRATIONS()
def contests(db: sqlite_utils.Database) -> None:
    """What an agent contested, and the place for what a person judges instead, which outranks the model.

    Nobody can listen to the stretch (there is no recording), so a contested score is dropped, not judged again. Rows
    live as long as the call; the schema says which stretch it is, and not who contested.
    """
    db.conn.execute(f"""
        CREATE TABLE contests (
            contest_id INTEGER PRIMARY KEY,
            grant_id TEXT NOT NULL REFERENCES grants (grant_id),{_LIFE}
            start_s REAL NOT NULL CHECK (start_s >= 0),
            end_s REAL NOT NULL CHECK (end_s > start_s),
            model_id TEXT NOT NULL,{_LIFE_LAWS}
        ) STRICT""")
    db.conn.execute(f"""
        CREATE TABLE reviews (
            contest_id INTEGER PRIMARY KEY REFERENCES contests (contest_id) ON DELETE CASCADE,
            grant_id TEXT NOT NULL REFERENCES grants (grant_id),{_LIFE}
            activation REAL NOT NULL CHECK (activation BETWEEN 0 AND 1),
            activation_sigma REAL NOT NULL CHECK (activation_sigma BETWEEN 0 AND 1),
            anger REAL NOT NULL CHECK (anger BETWEEN 0 AND 1),
            anger_sigma REAL NOT NULL CHECK (anger_sigma BETWEEN 0 AND 1),{_LIFE_LAWS}
        ) STRICT""")
    for table in ("contests", "reviews"):
        db.conn.execute(f"CREATE INDEX {table}_expire ON {table} (expires_at)")
        db.conn.execute(f"CREATE INDEX {table}_of_grant ON {table} (grant_id)")
        _keep_under_a_grant(db, table, "INSERT")
        db.conn.execute(f"""
            CREATE TRIGGER {table}_stay_as_they_are BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, 'what a person says is not changed'); END""")
    overlap = "grant_id = NEW.grant_id AND start_s < NEW.end_s AND end_s > NEW.start_s"
    db.conn.execute(f"""
        CREATE TRIGGER contests_drop_scores AFTER INSERT ON contests
        BEGIN DELETE FROM scores WHERE kind = 'tone' AND {overlap}; END""")  # noqa: S608
    db.conn.execute(f"""
        CREATE TRIGGER scores_do_not_come_back BEFORE INSERT ON scores
        WHEN NEW.kind = 'tone' AND EXISTS (SELECT 1 FROM contests WHERE {overlap})
        BEGIN SELECT RAISE(ABORT, 'a person contested this'); END""")  # noqa: S608
    db.conn.execute("""
        CREATE TRIGGER models_are_no_persons BEFORE INSERT ON scores WHEN NEW.model_id = 'person'
        BEGIN SELECT RAISE(ABORT, 'no model judges as a person'); END""")
    db.conn.execute("""
        CREATE TRIGGER reviews_answer_their_contest BEFORE INSERT ON reviews
        WHEN NOT EXISTS (SELECT 1 FROM contests WHERE contest_id = NEW.contest_id AND grant_id = NEW.grant_id)
        BEGIN SELECT RAISE(ABORT, 'a review is of a contested stretch'); END""")
    db.conn.execute("""
        CREATE VIEW told AS
        SELECT score_id, grant_id, made_at, expires_at, start_s, end_s, kind, activation, activation_sigma, anger,
               anger_sigma, reason, model_id FROM scores
        UNION ALL
        SELECT 0, reviews.grant_id, reviews.made_at, reviews.expires_at, contests.start_s, contests.end_s, 'tone',
               activation, activation_sigma, anger, anger_sigma, NULL, 'person'
        FROM reviews JOIN contests USING (contest_id)""")


@MIGRATIONS()
def weeks_of_groups(db: sqlite_utils.Database) -> None:
    """Figures of groups of agents, in steps so coarse that no row tells of one of them; and since when groups stand."""
    shares = "".join(
        f"""
            {name} INTEGER NOT NULL CHECK ({name} BETWEEN 0 AND 95 AND {name} % 5 = 0),"""
        for name in ("yes", "not_judged", "contested")
    )
    means = "".join(
        f"""
            {name} INTEGER CHECK ({name} BETWEEN 0 AND 100 AND {name} % 5 = 0),
            {name}_error INTEGER CHECK ({name}_error BETWEEN 5 AND 100 AND {name}_error % 5 = 0),
            CHECK (({name} IS NULL) = ({name}_error IS NULL)),"""
        for name in ("activation", "anger")
    ).replace(",\n            CHECK", " CHECK")
    db.conn.execute(f"""
        CREATE TABLE group_weeks (
            week TEXT NOT NULL CHECK (week GLOB '[0-9][0-9][0-9][0-9]-W[0-5][0-9]'),
            name TEXT NOT NULL CHECK (name != ''),
            model_id TEXT NOT NULL,
            calls INTEGER NOT NULL CHECK (calls >= 50 AND calls % 10 = 0),{shares}{means}
            PRIMARY KEY (week, name)
        ) STRICT, WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE groupings (
            week TEXT PRIMARY KEY CHECK (week GLOB '[0-9][0-9][0-9][0-9]-W[0-5][0-9]'),
            digest TEXT NOT NULL CHECK (length(digest) = 64)
        ) STRICT, WITHOUT ROWID""")
    once = "SELECT RAISE(ABORT, 'the week of a group is told once, or by more calls')"
    for change, when in (
        ("UPDATE", "NEW.week != OLD.week OR NEW.name != OLD.name OR NEW.calls <= OLD.calls"),
        ("INSERT", "EXISTS (SELECT 1 FROM group_weeks WHERE week = NEW.week AND name = NEW.name)"),
    ):
        db.conn.execute(
            f"CREATE TRIGGER group_weeks_{change.lower()} BEFORE {change} ON group_weeks WHEN {when} BEGIN {once}; END"
        )


def _keep_under_a_grant(db: sqlite_utils.Database, table: str, change: str) -> None:
    purpose = "facts" if table == "facts" else "tone"
    live = f"""
        CREATE TRIGGER {table}_{change.lower()}_under_a_live_grant BEFORE {change} ON {table}
        WHEN NOT EXISTS (SELECT 1 FROM grants WHERE grant_id = NEW.grant_id AND ended_at IS NULL
                         AND ' ' || purposes || ' ' LIKE '% {purpose} %')
        BEGIN SELECT RAISE(ABORT, 'no live grant covers this'); END"""  # noqa: S608
    # The thousandth of a day absorbs the rounding of julianday().
    announced = f"""
        CREATE TRIGGER {table}_{change.lower()}_within_what_was_announced BEFORE {change} ON {table}
        WHEN julianday(NEW.expires_at) - julianday(NEW.made_at) >
             (SELECT scores_days FROM grants WHERE grant_id = NEW.grant_id) + 0.001
        BEGIN SELECT RAISE(ABORT, 'longer than was announced'); END"""  # noqa: S608
    for law in (live, announced):
        db.conn.execute(law)

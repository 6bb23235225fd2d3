"""No transcript, no embedding, no voice profile: what can be stored is fixed by name, and so is what comes back."""

import sqlite3
from pathlib import Path

import numpy as np

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.foreign import wire as foreign_wire
from analysis.emotion.log_mel import log_mel
from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneNetwork
from analysis.engine import network_wire
from analysis.store.schema import MIGRATIONS as STORE
from consent.database import Database
from consent.keyring import MIGRATIONS as KEYRING
from consent.tables import MIGRATIONS as CONSENT

OF_A_VOICE = {
    "contests": "contest_id grant_id made_at expires_at start_s end_s model_id",
    "facts": "grant_id made_at expires_at heard_s talk_s talk_share overlap_s longest_pause_s overlaps_begun answers "
    "response_latency_s articulation_s articulation_rate level_change_db",
    "reviews": "contest_id grant_id made_at expires_at activation activation_sigma anger anger_sigma",
    "group_weeks": "week name model_id calls yes not_judged contested activation activation_error anger anger_error",
    "groupings": "week digest",
    "scores": "score_id grant_id made_at expires_at start_s end_s kind activation activation_sigma anger anger_sigma "
    "reason model_id",
    "weeks": "week model_id calls activation anger verdicts",
}
"""The tables of what is derived from voices: numbers, moments, a reason and the model's name."""
OF_CONSENT = {
    "answers", "calls", "checkpoints", "counts", "grants", "guess_budget", "guess_sources", "ledger", "notices",
    "pulse_codes", "pulse_envelopes", "pulse_envelopes_places", "pulse_surveys", "records",
    "sealed_answers", "sealed_answers_places", "sealed_pieces", "sealed_pieces_places", "staff", "_sqlite_migrations",
}  # fmt: skip
SEALS_AND_KEYS = {
    "checkpoints.key", "checkpoints.signature", "ledger.commitment",
    "pulse_envelopes.body", "pulse_envelopes.seal_id", "pulse_envelopes_places.entries",
    "records.derived", "records.secret",
    "sealed_answers.body", "sealed_answers.seal_id", "sealed_answers_places.entries",
    "sealed_pieces.body", "sealed_pieces.seal_id", "sealed_pieces_places.entries",
}  # fmt: skip
"""Where bytes may be stored at all: seals of the rows above, and keys. A voice's vector would need such a place."""


async def columns(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Name and type of every column, by table, of both files with all their tables."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, migrations in (("ouidire", [CONSENT, STORE]), ("keyring", [KEYRING])):
        database = await Database.open(path / name, migrations)
        found |= await database.read(_columns)
        await database.close()
    return found


def _columns(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [row[1:3] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}


async def test_what_is_kept_of_a_voice_is_fixed_by_name(tmp_path: Path) -> None:
    """Law: no column for words, sound, features or who speaks can be added without changing this list."""
    found = await columns(tmp_path)
    assert {table: " ".join(name for name, _ in found[table]) for table in OF_A_VOICE} == OF_A_VOICE
    assert found.keys() == OF_A_VOICE.keys() | OF_CONSENT


async def test_bytes_are_seals_and_keys(tmp_path: Path) -> None:
    """Law: nothing but seals and keys has room for a vector."""
    found = await columns(tmp_path)
    blobs = {f"{table}.{name}" for table, row in found.items() for name, kind in row if kind in {"BLOB", "ANY", ""}}
    assert blobs <= SEALS_AND_KEYS


def test_our_network_gives_logits_and_a_distance() -> None:
    """Law: the network's own process gets a picture and gives two numbers a head and one distance; the embedding that
    it computes in between has no way out, neither in the model's file nor in the block of shared memory.
    """
    network = OnnxToneNetwork(read_verified(PACKAGED).contents[NETWORK])
    outputs = {output.name: output.shape for output in network._session.get_outputs()}
    assert outputs.keys() == {"logits", "distance"}
    logits, distance = network.run(log_mel(np.zeros(ENGINE_RATE_HZ, np.float32)))
    assert logits.shape[1] == 2
    assert logits.shape[0] <= network_wire.MAX_HEADS
    assert isinstance(distance, float)
    assert {kind.name for kind in network_wire.Kind} == {"READY", "VOICE", "TONE"}


def test_a_foreign_model_gives_shares_of_labels() -> None:
    """Law: what comes back of a window is one share a label, which must be 1 together: no vector fits there."""
    assert {kind.name for kind in foreign_wire.Kind} == {"LOAD", "READY", "REFUSED", "READ", "SHARES"}
    assert foreign_wire.MOST_BYTES[foreign_wire.Kind.SHARES] == 4 * foreign_wire.MAX_LABELS

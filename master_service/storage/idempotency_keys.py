"""Stores the answer to each ``Idempotency-Key`` in the ledger's database."""

import json
import sqlite3
from dataclasses import dataclass

from master_service.errors import KeyReused


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An ``Idempotency-Key``, and the SHA-256 fingerprint of the request that carried it."""

    key: str
    fingerprint: str


def stored_answer(db: sqlite3.Connection, idempotency_key: IdempotencyKey | None) -> object:
    """Return the answer stored for the key, or None.

    Raises ``KeyReused`` where the key was stored with another fingerprint.
    """
    if idempotency_key is None:
        return None
    text = "SELECT fingerprint, answer FROM claims WHERE key=?"
    found = db.execute(text, (idempotency_key.key,)).fetchone()
    if found is None:
        return None
    if found[0] != idempotency_key.fingerprint:
        raise KeyReused(idempotency_key.key)
    answer: object = json.loads(found[1])
    return answer


def store_answer(
    db: sqlite3.Connection, idempotency_key: IdempotencyKey | None, answer: object, number: int
) -> None:
    """Store the answer for the key; it is deleted with the job in row ``number``."""
    if idempotency_key is not None:
        values = (idempotency_key.key, idempotency_key.fingerprint, json.dumps(answer), number)
        db.execute("INSERT INTO claims VALUES (?,?,?,?)", values)

"""Knows which request has been answered under which ``Idempotency-Key``; a part of the ledger."""

import json
import sqlite3
from dataclasses import dataclass

from master_service.errors import KeyReused


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An ``Idempotency-Key``, and the fingerprint of what it was sent with."""

    key: str
    fingerprint: str


def stored_answer(db: sqlite3.Connection, idempotency_key: IdempotencyKey | None) -> object:
    """Return what was answered to the same claim before, or None.

    Raises ``KeyReused`` where the key came with something else.
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
    """Note the answer to a claim, to be kept as long as the job whose row has this number."""
    if idempotency_key is not None:
        values = (idempotency_key.key, idempotency_key.fingerprint, json.dumps(answer), number)
        db.execute("INSERT INTO claims VALUES (?,?,?,?)", values)

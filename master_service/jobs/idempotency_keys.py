"""Knows which request has been answered under which ``Idempotency-Key``; a part of the ledger."""

import json
import sqlite3
from dataclasses import dataclass

from master_service.errors import KeyReused


@dataclass(frozen=True, slots=True)
class Claim:
    """An ``Idempotency-Key``, and the fingerprint of what it was sent with."""

    key: str
    fingerprint: str


def answered(db: sqlite3.Connection, claim: Claim | None) -> object:
    """Return what was answered to the same claim before, or None.

    Raises ``KeyReused`` where the key came with something else.
    """
    if claim is None:
        return None
    text = "SELECT fingerprint, answer FROM claims WHERE key=?"
    found = db.execute(text, (claim.key,)).fetchone()
    if found is None:
        return None
    if found[0] != claim.fingerprint:
        raise KeyReused(claim.key)
    answer: object = json.loads(found[1])
    return answer


def note(db: sqlite3.Connection, claim: Claim | None, answer: object, number: int) -> None:
    """Note the answer to a claim, to be kept as long as the job whose row has this number."""
    if claim is not None:
        values = (claim.key, claim.fingerprint, json.dumps(answer), number)
        db.execute("INSERT INTO claims VALUES (?,?,?,?)", values)

"""What a person tells of a file's checksum, and what a finished file was found to hash to.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction.
"""

from typing import Any

from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.store.job_store import JobStore


def expect(store: JobStore, job_id: str, checksum: Checksum | None, now_ms: int) -> Job | None:
    """Hold a job's file against a checksum from now on, or (None) against none.

    Returns the job as it is now; None if it is gone, or its file has, or is just getting, its
    final name. One that failed for its checksum is left so: another one does not bring it back.
    """
    table = store.table
    is_open = table.phase.is_null() | (table.phase != Phase.FINALISING)
    with store.writing() as revision:
        kind, digits = checksum or (None, None)
        changes = {
            "checksum_kind": kind,
            "checksum": digits,
            "checksum_found": None,
            "revision": revision,
            "updated_at": now_ms,
        }
        hit = store.update(
            changes,
            table.id == job_id,
            table.status != Status.COMPLETED,
            is_open,
            table.removed_at.is_null(),
        )
        return store.get(job_id) if hit else None


def note_check(
    store: JobStore, job_id: str, final_path: str, checksum: Checksum, found: str, now_ms: int
) -> Job | None:
    """Note what the finished file of a job was found to hash to, and what it should have.

    found: hexadecimal digits of the same kind. Returns the job as it is now; None if it is gone,
    or has another file by now.
    """
    table = store.table
    is_right = found == checksum.hex
    with store.writing() as revision:
        changes: dict[str, Any] = {
            "checksum_kind": checksum.kind,
            "checksum": checksum.hex,
            "checksum_found": found,
            "verification": Verification.CHECKSUM if is_right else Verification.MISMATCH,
            "revision": revision,
            "updated_at": now_ms,
        }
        hit = store.update(
            changes,
            table.id == job_id,
            table.status == Status.COMPLETED,
            table.final_path == final_path,
            table.removed_at.is_null(),
        )
        return store.get(job_id) if hit else None

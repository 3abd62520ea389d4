"""Orders become jobs; needs no event loop, so that the command line is quick without Qt."""

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import replace

from dlmanager.core.errors import SecretsUnusable, StoreUnusable
from dlmanager.core.job import Job, NewJob
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.store_thread import StoreThread


def add_orders(
    store: StoreThread, secrets: SecretStore, orders: Sequence[NewJob], now_ms: int
) -> list[Job]:
    """Put all the orders into the queue, or none; their secrets are kept before their rows.

    Blocks. Raises StoreUnusable, SecretsUnusable.
    """
    numbered = [replace(each, id=each.id or str(uuid.uuid4())) for each in orders]
    kept = {each.id: each.all_secrets for each in numbered if each.id and each.all_secrets}
    if kept:
        secrets.save_all(kept)
    try:
        return store.call(JobStore.add, numbered, now_ms)
    except StoreUnusable:
        with contextlib.suppress(SecretsUnusable):  # a later start forgets them
            secrets.forget(*kept)
        raise

"""What the start of a window does with its links when another process has the queue."""

import asyncio
from collections.abc import Sequence

from dlmanager.core.errors import DlmanagerError, QueueInUse
from dlmanager.desktop.single_instance import hand_over
from dlmanager.engine.clock import now_ms
from dlmanager.engine.new_jobs import add_orders
from dlmanager.engine.orders import check_order
from dlmanager.paths import Paths, default_download_directory
from dlmanager.store.database_care import refuse_to_begin_anew
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.usable_settings import settings_or_defaults


async def give_links(paths: Paths, links: Sequence[str], error: QueueInUse) -> str | None:
    """Give links to who has the queue: a window that was just starting, or a `dlmanager run`.

    Returns what is to be told; None if a window took them, which then comes to the front.
    """
    for _ in range(10):
        if hand_over(paths.socket, links):
            return None
        await asyncio.sleep(0.3)
    try:
        added = _add(paths, links)
    except DlmanagerError as refused:
        return str(refused)
    return f"{error} Your links were added to it." if added else str(error)


def _add(paths: Paths, links: Sequence[str]) -> int:
    """Put links into a queue that another process works on; returns how many."""
    settings, _ = settings_or_defaults(paths)
    folder = settings.download_directory or default_download_directory()
    orders = [check_order(link, folder, max_retries=settings.max_retries) for link in links]
    refuse_to_begin_anew(paths.database, now_ms())
    store = StoreThread(paths.database)
    try:
        secrets = SecretStore(paths.database.parent)
        return len(add_orders(store, secrets, orders, now_ms())) if orders else 0
    finally:
        store.close()

"""The secrets of a queue's jobs: from the order to their place, from there to the wget."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from dlmanager.core.errors import BadInput, ErrorKind, SecretsUnusable
from dlmanager.core.job import Job, NewJob, NewMirror
from dlmanager.core.mirrors import Mirror
from dlmanager.core.no_proxy import goes_direct
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.secrets import NO_SECRETS, Carried, Secrets, link_with, split_proxy
from dlmanager.core.urls import address_of, host_of
from dlmanager.engine.carrying_wget import CONFIG_SUFFIX, COOKIES_SUFFIX, discard_luggage
from dlmanager.engine.clock import now_ms
from dlmanager.engine.link_change import change_link
from dlmanager.engine.new_jobs import add_orders
from dlmanager.engine.wget_process import Luggage
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import PROXY, SecretStore
from dlmanager.store.store_thread import StoreThread


class SecretsGone(Exception):
    """A job's secrets cannot be had; `str()` is a sentence for people."""


def secrets_gone_outcome(error: SecretsGone) -> Outcome:
    """What it means for an attempt."""
    return Outcome(Ending.FAIL, ErrorKind.AUTH, str(error))


class SecretKeeper:
    """Keeps, finds and forgets the secrets of one queue.

    database: its path; the secrets are kept beside it. proxy: the setting; where it names a user,
    that counts, else what is kept for it. no_proxy: the setting.
    """

    def __init__(self, database: Path, proxy: str, no_proxy: str, logger: logging.Logger) -> None:
        self._store = SecretStore(database.parent)
        self._logger = logger
        self.use_proxy(proxy, no_proxy)

    def use_proxy(self, proxy: str, no_proxy: str) -> None:
        """Let wgets that are started from now on use these settings; empty for none."""
        self._no_proxy = no_proxy
        try:
            self._proxy, self._proxy_secrets = split_proxy(proxy)
        except BadInput as error:
            self._logger.error("the proxy is not used: %s", error)
            self._proxy, self._proxy_secrets = "", NO_SECRETS

    def probe_address(self, url: str) -> tuple[str, int]:
        """The host and port that a connection for a link is made to."""
        is_direct = not self._proxy or goes_direct(host_of(url), self._no_proxy)
        return address_of(url if is_direct else self._proxy)

    def add_now(self, store: StoreThread, orders: Sequence[NewJob]) -> list[Job]:
        """Put orders into the queue, see `add_orders`; blocks."""
        return add_orders(store, self._store, orders, now_ms())

    async def add(self, store: StoreThread, orders: Sequence[NewJob]) -> list[Job]:
        """Put orders into the queue, see `add_orders`."""
        if any(each.all_secrets for each in orders):
            return await asyncio.to_thread(self.add_now, store, orders)
        return await store.run(JobStore.add, orders, now_ms())

    async def order_again(self, job: Job, mirrors: Sequence[Mirror] = ()) -> NewJob:
        """An order for the same download as this job's. Raises SecretsUnusable.

        mirrors: all of the job's; empty if it has but one link.
        """
        kept = await asyncio.to_thread(self._store.load, job.id) if job.has_secrets else None
        secrets = kept or NO_SECRETS
        return NewJob(
            url=mirrors[0].url if mirrors else job.url,
            target_directory=job.target_directory,
            filename=None if job.named_by_server else job.filename,
            max_retries=job.max_retries,
            secrets=secrets.at(1),
            mirrors=tuple(NewMirror(each.url, secrets.at(each.position)) for each in mirrors[1:]),
            expected_bytes=job.expected_bytes,
            checksum=job.expected_checksum,
            priority=job.priority,
        )

    async def change_link(self, store: StoreThread, job_id: str, link: str) -> None:
        """Give a job another link, see `link_change.change_link`."""
        await asyncio.to_thread(change_link, store, self._store, job_id, link)

    async def luggage_for(self, job: Job, home: Path) -> Luggage | None:
        """What a job's wgets are to take along; None for nothing.

        home: the folder of wget's runs. Raises SecretsGone.
        """
        if not job.has_secrets and not self._proxy:
            return None
        carried = await asyncio.to_thread(self._carried, job)
        if not carried:
            return None  # they are for another mirror
        return Luggage(
            url=job.url,
            carried=carried,
            config_path=home / f"{job.id}{CONFIG_SUFFIX}",
            cookies_path=home / f"{job.id}{COOKIES_SUFFIX}" if carried.follows_redirects else None,
        )

    def _carried(self, job: Job) -> Carried:
        try:
            secrets = self._store.load(job.id) if job.has_secrets else NO_SECRETS
            proxy = link_with(self._proxy, self._proxy_access()) if self._proxy else None
        except SecretsUnusable as error:
            raise SecretsGone(f"{error} Then choose Retry.") from error
        if secrets is None:
            raise SecretsGone(
                "The user name and password of this download are no longer kept. "
                "Add the link again with them in it."
            )
        return Carried(secrets.at(job.mirror), proxy, self._no_proxy if proxy else "")

    def _proxy_access(self) -> Secrets:
        return self._proxy_secrets or self._store.load(PROXY) or NO_SECRETS

    async def put_in_order(self, store: StoreThread, home: Path) -> None:
        """Throw away what an earlier run left, and what was kept for jobs that are no more.

        Call it only while holding the queue's lock, after the sweep. Raises StoreUnusable.
        """
        await asyncio.to_thread(discard_luggage, home)
        wanted = await store.run(JobStore.ids_with_secrets)
        try:
            await asyncio.to_thread(self._store.prune, wanted)
        except SecretsUnusable as error:
            self._logger.warning("secrets could not be put in order: %s", error)

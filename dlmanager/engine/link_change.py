"""Another link for a job, with the user name and password in it."""

from dataclasses import replace

from dlmanager.core.errors import NOT_IN_LIST, BadInput, UnknownJob
from dlmanager.core.job import Job, Status
from dlmanager.core.secrets import NO_SECRETS, Secrets, origin_of, split_link
from dlmanager.core.urls import normalise_url
from dlmanager.engine.clock import now_ms
from dlmanager.store import corrections
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.store_thread import StoreThread


def change_link(store: StoreThread, secrets: SecretStore, job_id: str, link: str) -> None:
    """Give a job another link to its file; see `corrections.change_link`.

    Secrets that are kept stay only within the origin that they were given for; what is in the new
    link comes in the place of the old user name and password.
    Blocks. Raises InvalidUrl, UnknownJob, BadInput, StoreUnusable, SecretsUnusable.
    """
    url, given = split_link(normalise_url(link))
    job = store.call(JobStore.get, job_id)
    if job is None:
        raise UnknownJob(NOT_IN_LIST)
    if url == job.url and not given:
        return
    keeps = job.has_secrets and origin_of(url) == origin_of(job.url)
    kept = (secrets.load(job_id) if job.has_secrets else None) or NO_SECRETS
    wanted = _merged(kept.at(job.mirror) if keeps else None, given) if given else None
    others = kept.with_those_at(job.mirror, NO_SECRETS)
    if job.has_secrets and not keeps and others:
        # Those of the other mirrors stay; what was for the link before is gone before it is.
        secrets.save(job_id, others)
        keeps = True
    changed = store.call(
        corrections.change_link,
        job_id,
        url,
        now_ms(),
        has_secrets=keeps,
        # The new password must never go to the old server, nor the old one to the new.
        rests=wanted is not None,
    )
    if changed is None:
        raise BadInput(
            "This download is finished, so its link cannot be changed any more. "
            "Add the new link as a download of its own."
        )
    if wanted is not None:
        secrets.save(job_id, others.with_those_at(job.mirror, wanted))
        store.call(corrections.note_secrets, job_id, url, now_ms(), goes_on=_goes_on(job))
    elif job.has_secrets and not keeps:
        secrets.forget(job_id)


def _merged(kept: Secrets | None, given: Secrets) -> Secrets:
    return replace(kept or NO_SECRETS, user=given.user, password=given.password)


def _goes_on(job: Job) -> bool:
    return job.status not in (Status.PAUSED, Status.CANCELLED)

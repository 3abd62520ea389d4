"""Another link: which secrets stay, and what the row says at each moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.job import Job, NewJob, Status
from dlmanager.core.secrets import Secrets
from dlmanager.engine.link_change import change_link
from dlmanager.engine.new_jobs import add_orders
from dlmanager.store.job_store import JobStore
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.store_thread import StoreThread

OLD = "https://example.org/a.bin"
KEPT = Secrets("me", "hunter2", (("Cookie", "a=1"),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreThread]:
    made = StoreThread(tmp_path / "queue.db")
    yield made
    made.close()


@pytest.fixture
def secrets(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path, find_keyring=lambda: None)


def add(store: StoreThread, secrets: SecretStore, kept: Secrets, *, paused: bool = False) -> Job:
    order = NewJob(OLD, "/tmp", secrets=kept, paused=paused)
    return add_orders(store, secrets, [order], 1)[0]


@pytest.mark.parametrize(
    "link, url, expected",
    [
        pytest.param(
            "https://example.org/b.bin", "https://example.org/b.bin", KEPT, id="same server"
        ),
        pytest.param(
            "https://you:new@example.org/b.bin",
            "https://example.org/b.bin",
            Secrets("you", "new", KEPT.headers),
            id="same server, other user",
        ),
        pytest.param("https://example.com/a.bin", "https://example.com/a.bin", None, id="other"),
        pytest.param("http://example.org/a.bin", "http://example.org/a.bin", None, id="no TLS"),
        pytest.param(
            "https://you:new@example.com/a.bin",
            "https://example.com/a.bin",
            Secrets("you", "new"),
            id="other server, other user",
        ),
        pytest.param("https://you:new@example.org/a.bin", OLD, Secrets("you", "new", KEPT.headers)),
        pytest.param(OLD, OLD, KEPT, id="no change"),
    ],
)
def test_secrets_stay_within_their_server(
    store: StoreThread, secrets: SecretStore, link: str, url: str, expected: Secrets | None
) -> None:
    job = add(store, secrets, KEPT)
    change_link(store, secrets, job.id, link)
    changed = store.call(JobStore.get, job.id)
    assert changed is not None
    assert (changed.url, changed.status) == (url, Status.PENDING)
    assert changed.has_secrets is (expected is not None)
    assert secrets.load(job.id) == expected


def test_what_was_paused_stays_paused(store: StoreThread, secrets: SecretStore) -> None:
    job = add(store, secrets, Secrets(), paused=True)
    change_link(store, secrets, job.id, "https://you:new@example.com/a.bin")
    changed = store.call(JobStore.get, job.id)
    assert changed is not None
    assert changed.status is Status.PAUSED


def test_while_new_secrets_are_kept_nothing_can_be_started(
    store: StoreThread, secrets: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password must not meet another server than its own, whatever happens meanwhile."""
    job = add(store, secrets, KEPT)
    seen: list[tuple[str, Status, bool]] = []
    save = SecretStore.save

    def watch(self: SecretStore, key: str, given: Secrets) -> None:
        row = store.call(JobStore.get, job.id)
        assert row is not None
        seen.append((row.url, row.status, row.has_secrets))
        save(self, key, given)

    monkeypatch.setattr(SecretStore, "save", watch)
    change_link(store, secrets, job.id, "https://you:new@example.com/a.bin")
    assert seen == [("https://example.com/a.bin", Status.PAUSED, False)]


def test_what_is_no_link_changes_nothing(store: StoreThread, secrets: SecretStore) -> None:
    job = add(store, secrets, KEPT)
    with pytest.raises(InvalidUrl):
        change_link(store, secrets, job.id, "example.com")
    assert store.call(JobStore.get, job.id) == job

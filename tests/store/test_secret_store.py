import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from dlmanager.core.errors import SecretsUnusable
from dlmanager.core.secrets import Secrets
from dlmanager.store.secret_store import PROXY, YOUNG_S, SecretStore, system_keyring

ONE = Secrets("me", "hunter2 ", (("Cookie", "a=hunter2"),))
TWO = Secrets("you", "hunter2")


class MemoryKeyring(KeyringBackend):
    """Keeps its texts in memory."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise RuntimeError("locked")
        return self.texts.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.texts[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.is_locked:
            raise RuntimeError("locked")
        del self.texts[service, username]


@pytest.fixture
def memory() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture(params=["file", "keyring"])
def store(request, tmp_path: Path, memory: MemoryKeyring) -> SecretStore:
    return SecretStore(
        tmp_path, find_keyring=lambda: memory if request.param == "keyring" else None
    )


def text_of(folder: Path) -> str:
    return (folder / "secrets.json").read_text("utf-8")


def test_secrets_are_kept_replaced_and_forgotten(store: SecretStore, tmp_path: Path):
    assert store.load("1") is None
    store.save("1", TWO)
    store.save("1", ONE)
    store.save("2", TWO)
    assert (store.load("1"), store.load("2"), store.load("3")) == (ONE, TWO, None)
    store.forget("1", "3")
    assert (store.load("1"), store.load("2")) == (None, TWO)


def test_the_file_is_for_this_user_alone(store: SecretStore, tmp_path: Path):
    store.save("1", ONE)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} == {"secrets.json", "secrets.json.lock"}


def test_where_there_is_a_keyring_the_file_holds_no_secret(tmp_path: Path, memory: MemoryKeyring):
    store = SecretStore(tmp_path, find_keyring=lambda: memory)
    store.save("1", ONE)
    assert "hunter2" not in text_of(tmp_path)
    (account,) = memory.texts
    assert account[0] == "dlmanager"
    store.forget("1")
    assert memory.texts == {}


def test_it_is_remembered_which_one_holds_a_secret(tmp_path: Path, memory: MemoryKeyring):
    SecretStore(tmp_path, find_keyring=lambda: None).save("1", ONE)
    with_keyring = SecretStore(tmp_path, find_keyring=lambda: memory)
    with_keyring.save("2", TWO)
    assert (with_keyring.load("1"), with_keyring.load("2")) == (ONE, TWO)
    without = SecretStore(tmp_path, find_keyring=lambda: None)
    assert without.load("1") == ONE
    with pytest.raises(SecretsUnusable, match="keyring"):
        without.load("2")


def test_two_data_folders_do_not_share_a_secret(tmp_path: Path, memory: MemoryKeyring):
    first = SecretStore(tmp_path / "a", find_keyring=lambda: memory)
    second = SecretStore(tmp_path / "b", find_keyring=lambda: memory)
    first.save(PROXY, ONE)
    second.save(PROXY, TWO)
    assert (first.load(PROXY), second.load(PROXY)) == (ONE, TWO)


def test_a_keyring_that_forgets_is_not_trusted(tmp_path: Path, memory: MemoryKeyring, monkeypatch):
    monkeypatch.setattr(memory, "get_password", lambda service, username: None)
    store = SecretStore(tmp_path, find_keyring=lambda: memory)
    store.save("1", ONE)
    assert store.load("1") == ONE


def test_a_keyring_that_asks_somebody_hangs_nobody(tmp_path: Path, memory, monkeypatch):
    unlocked = threading.Event()
    monkeypatch.setattr(memory, "set_password", lambda *_: unlocked.wait(30))
    store = SecretStore(tmp_path, find_keyring=lambda: memory, timeout_s=0.1)
    began_at = time.monotonic()
    for key in "1234567890":
        store.save(key, ONE)
    assert time.monotonic() - began_at < 5
    assert store.load("1") == ONE
    unlocked.set()


def test_what_a_locked_keyring_holds_is_not_lost(tmp_path: Path, memory: MemoryKeyring):
    store = SecretStore(tmp_path, find_keyring=lambda: memory)
    store.save("1", ONE)
    memory.is_locked = True
    with pytest.raises(SecretsUnusable, match="Unlock") as caught:
        store.load("1")
    assert "hunter2" not in str(caught.value)
    store.forget("1")
    memory.is_locked = False
    assert store.load("1") == ONE


def test_orphans_are_forgotten_but_not_what_is_just_being_added(tmp_path: Path, memory):
    now_s = 1_000_000.0
    store = SecretStore(tmp_path, find_keyring=lambda: memory, now_s=lambda: now_s)
    for key in ("wanted", "orphan", PROXY):
        store.save(key, ONE)
    now_s += YOUNG_S + 1
    store.save("new", ONE)
    store.prune({"wanted"})
    assert [store.load(key) for key in ("wanted", "orphan", PROXY, "new")] == [ONE, None, ONE, ONE]
    assert len(memory.texts) == 3


def test_nothing_is_made_where_there_are_no_secrets(tmp_path: Path):
    store = SecretStore(tmp_path / "data")
    assert store.load("1") is None
    store.forget("1")
    store.prune(set())
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["", "hunter2", "[]", "{}", '{"profile": 1, "entries": {}}'])
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, text: str):
    (tmp_path / "secrets.json").write_text(text)
    store = SecretStore(tmp_path, find_keyring=lambda: None)
    for use in (lambda: store.load("1"), lambda: store.save("1", ONE), lambda: store.forget("1")):
        with pytest.raises(SecretsUnusable, match=r"secrets\.json") as caught:
            use()
        assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"
    assert text_of(tmp_path) == text


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path):
    def write(number: int) -> None:
        SecretStore(tmp_path, find_keyring=lambda: None).save(f"{number}", ONE)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(text_of(tmp_path))["entries"]) == 12


class TestSystemKeyring:
    @pytest.fixture
    def use(self) -> Iterator[Callable[[KeyringBackend], None]]:
        before = keyring.get_keyring()
        yield keyring.set_keyring
        keyring.set_keyring(before)

    def test_one_that_works_is_taken(self, use, memory: MemoryKeyring):
        use(memory)
        assert system_keyring() is memory

    def test_one_that_keeps_nothing_is_none(self, use):
        use(fail.Keyring())
        assert system_keyring() is None

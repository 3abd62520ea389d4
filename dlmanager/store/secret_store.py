"""Where secrets are kept: in the system's keyring, else in a file for this user alone."""

import contextlib
import fcntl
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from dlmanager.core.errors import SecretsUnusable
from dlmanager.core.secrets import Secrets, dump_secrets, load_secrets

T = TypeVar("T")

KEYRING_TIMEOUT_S = 10.0
"""How long the keyring may take: it may wait for somebody to unlock it."""
YOUNG_S = 3600
"""An entry as young as this may belong to a row that is just being written."""
PROXY = "proxy"
"""The key of the proxy's secrets; all others are ids of jobs."""

_SERVICE = "dlmanager"


class Keyring(Protocol):
    """What we need of a keyring.backend.KeyringBackend."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a text."""
        ...

    def get_password(self, service: str, username: str) -> str | None:
        """The text kept; None if there is none."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a text that is kept."""
        ...


def system_keyring() -> Keyring | None:
    """The keyring of this system; None where there is none that really keeps anything."""
    try:
        import keyring  # here, as it is slow, and hardly any start needs it

        backend = keyring.get_keyring()
        # Below 1: the ones that refuse everything, forget everything, or write plain text.
        return backend if backend.priority >= 1 else None
    except Exception:  # noqa: BLE001 - what a backend raises is anybody's guess
        return None


class SecretStore:
    """Secrets by key, in the data folder or the keyring; an index remembers which has them.

    Every method blocks, for some seconds at most, and may be called from any thread and process.
    All raise SecretsUnusable, whose words hold no secret.
    """

    def __init__(
        self,
        folder: Path,
        *,
        find_keyring: Callable[[], Keyring | None] = system_keyring,
        timeout_s: float = KEYRING_TIMEOUT_S,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._path = folder / "secrets.json"
        self._find_keyring = find_keyring
        self._timeout_s = timeout_s
        self._now_s = now_s
        self._has_hung = False

    def save(self, key: str, secrets: Secrets) -> None:
        """Keep secrets, in place of earlier ones; they are durable when this returns."""
        self.save_all({key: secrets})

    def save_all(self, secrets: Mapping[str, Secrets]) -> None:
        """Keep the secrets of many keys, as `save` does."""
        with self._changed_index() as index:
            for key, each in secrets.items():
                text = dump_secrets(each)
                entry: dict[str, Any] = {"saved_at_s": round(self._now_s())}
                if self._put_into_keyring(self._account(index, key), text):
                    entry["in_keyring"] = True
                else:
                    entry["secrets"] = text
                index["entries"][key] = entry

    def load(self, key: str) -> Secrets | None:
        """The secrets kept under a key; None if there are none."""
        index = self._read()
        entry = index["entries"].get(key)
        if entry is None:
            return None
        text = entry.get("secrets")
        if entry.get("in_keyring"):
            account = self._account(index, key)
            text = self._ask(lambda keyring: keyring.get_password(_SERVICE, account))
        try:
            return None if text is None else load_secrets(text)
        except ValueError as error:
            raise self._damaged() from error

    def forget(self, *keys: str) -> None:
        """Forget the secrets of these keys, if there are any."""
        if not self._read()["entries"].keys() & set(keys):
            return
        with self._changed_index() as index:
            for key in keys:
                entry = index["entries"].get(key)
                if entry is None:
                    continue
                if entry.get("in_keyring") and not self._delete_from_keyring(index, key):
                    continue  # it stays known, and is tried again at the next prune
                del index["entries"][key]

    def prune(self, wanted: Collection[str]) -> None:
        """Forget the secrets of jobs that are no more; wanted: the ids of those that are."""
        entries = self._read()["entries"]
        old_s = self._now_s() - YOUNG_S
        orphans = [
            key
            for key, entry in entries.items()
            if key != PROXY and key not in wanted and entry.get("saved_at_s", 0) < old_s
        ]
        if orphans:
            self.forget(*orphans)

    # The keyring

    def _put_into_keyring(self, account: str, text: str) -> bool:
        def put(keyring: Keyring) -> bool:
            keyring.set_password(_SERVICE, account, text)
            return keyring.get_password(_SERVICE, account) == text

        try:
            return self._ask(put)
        except SecretsUnusable:
            return False

    def _delete_from_keyring(self, index: dict[str, Any], key: str) -> bool:
        account = self._account(index, key)

        def delete(keyring: Keyring) -> None:
            if keyring.get_password(_SERVICE, account) is not None:
                keyring.delete_password(_SERVICE, account)

        try:
            self._ask(delete)
        except SecretsUnusable:
            return False
        return True

    def _ask(self, question: Callable[[Keyring], T]) -> T:
        """Ask the keyring in a thread that nobody has to wait for."""
        answers: list[T] = []

        def ask() -> None:
            with contextlib.suppress(Exception):  # a locked one, a lost bus: no answer
                if (keyring := self._find_keyring()) is not None:
                    answers.append(question(keyring))

        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        if not self._has_hung:
            thread.start()
            thread.join(self._timeout_s)
            self._has_hung = thread.is_alive()
        if self._has_hung or not answers:
            raise SecretsUnusable(
                "The keyring of this system gives no answer. Unlock it, then try again."
            )
        return answers[0]

    # The index

    def _account(self, index: dict[str, Any], key: str) -> str:
        # Two data folders may have a key in common: that of the proxy.
        return f"{index['profile']}/{key}"

    @contextlib.contextmanager
    def _changed_index(self) -> Iterator[dict[str, Any]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                index = self._read()
                yield index
                self._write(index)
            finally:
                os.close(lock)
        except OSError as error:
            raise SecretsUnusable(
                f"The file {self._path} cannot be written ({error.strerror}). "
                "Check that there is room, and that you may write to its folder."
            ) from error

    def _read(self) -> dict[str, Any]:
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return {"profile": uuid.uuid4().hex, "entries": {}}
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged() from error
        try:
            index = json.loads(text)
            if isinstance(index["profile"], str) and all(
                isinstance(entry, dict) for entry in index["entries"].values()
            ):
                return dict(index)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        raise self._damaged() from None  # the parser's own error would hold the text

    def _write(self, index: dict[str, Any]) -> None:
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fresh.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(fresh, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump(index, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        finally:
            fresh.unlink(missing_ok=True)

    def _damaged(self) -> SecretsUnusable:
        return SecretsUnusable(
            f"The file {self._path} cannot be read. Move it away; user names and passwords "
            "then have to be given again."
        )

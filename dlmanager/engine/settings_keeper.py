"""The settings in use: read from their file, checked and written when changed, told to all."""

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal

from dlmanager.core.errors import SettingsUnreadable
from dlmanager.core.settings import Settings, with_defaults, with_setting
from dlmanager.engine.setting_values import checked_value
from dlmanager.engine.wget_check import check_wget, find_wget
from dlmanager.store.secret_store import PROXY, SecretStore
from dlmanager.store.settings_file import read_settings, write_settings


class SettingsKeeper(QObject):
    """Holds the settings, whoever changes them: this program, or a person in the file.

    Signals:
        changed(Settings): as they are from now on.
    """

    changed = Signal(object)

    def __init__(
        self, path: Path, settings: Settings, secrets: SecretStore, parent: QObject | None = None
    ) -> None:
        """path: of the file. settings: what it held, or what counts while it cannot be used.

        secrets: where the user name and password of the proxy go.
        """
        super().__init__(parent)
        self._path = path
        self._settings = settings
        self._secrets = secrets
        self._changing = asyncio.Lock()
        with contextlib.suppress(OSError):  # where it cannot be made, nobody can write settings
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The folder, as the file is replaced each time it is written.
        self._watcher = QFileSystemWatcher([str(path.parent)], self)
        self._watcher.directoryChanged.connect(self._on_folder_changed)

    def close(self) -> None:
        """Follow the file no more."""
        self._watcher.directoryChanged.disconnect(self._on_folder_changed)
        self._watcher.removePaths(self._watcher.directories())

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._settings

    async def set(self, name: str, text: str) -> None:
        """Change one setting, given as text; it is in the file when this returns.

        Raises InvalidSetting, InvalidFolder, WgetUnusable, SecretsUnusable or SettingsUnreadable;
        then all is as before.
        """
        async with self._changing:
            with_setting(self._settings, name, text)
            if name == "wget_executable_path" and text:
                text = find_wget(text)
                await check_wget(text)
            settings = await asyncio.to_thread(self._keep, name, text)
        self._use(settings)

    async def reset(self, names: Iterable[str]) -> None:
        """Give settings their defaults again. Raises SecretsUnusable, SettingsUnreadable."""
        async with self._changing:
            settings = await asyncio.to_thread(self._keep_defaults, list(names))
        self._use(settings)

    def _keep(self, name: str, text: str) -> Settings:
        checked = checked_value(name, text, self._secrets)
        # What stands in the file counts, not what we know of it: another program may have written.
        settings = with_setting(read_settings(self._path), name, checked)
        write_settings(self._path, settings)
        return settings

    def _keep_defaults(self, names: list[str]) -> Settings:
        if "proxy" in names:
            self._secrets.forget(PROXY)
        settings = with_defaults(read_settings(self._path), names)
        write_settings(self._path, settings)
        return settings

    def _use(self, settings: Settings) -> None:
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)

    def _on_folder_changed(self) -> None:
        with contextlib.suppress(SettingsUnreadable):  # half a change by hand; the next one tells
            self._use(read_settings(self._path))

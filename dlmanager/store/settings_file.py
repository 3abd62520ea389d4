"""The settings on disk: a TOML file, replaced as a whole so that it is never half-written."""

import os
import tempfile
import tomllib
from pathlib import Path

import tomli_w

from dlmanager.core.errors import InvalidSetting, SettingsUnreadable
from dlmanager.core.settings import Settings, changed_values, settings_from


def read_settings(path: Path) -> Settings:
    """The settings in a file; the defaults where there is none.

    Raises SettingsUnreadable, and leaves the file as it is, if it does not hold valid settings.
    """
    try:
        return settings_from(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidSetting) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsUnreadable(
            f"The settings in {path} cannot be used ({str(reason).rstrip('.')}). "
            "Correct the file or move it away."
        ) from error


def write_settings(path: Path, settings: Settings) -> None:
    """Replace the settings file. Raises SettingsUnreadable if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                tomli_w.dump(changed_values(settings), file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise SettingsUnreadable(
            f"The settings in {path} cannot be written ({error.strerror}). "
            "Check that you may write to its folder."
        ) from error

"""The settings that a window begins with, whatever became of their file."""

import logging
from dataclasses import replace

from dlmanager.core.errors import InvalidFolder, SettingsUnreadable
from dlmanager.core.settings import Settings
from dlmanager.engine.orders import check_folder
from dlmanager.paths import Paths, default_download_directory
from dlmanager.store.settings_file import read_settings

_logger = logging.getLogger("dlmanager")


def settings_or_defaults(paths: Paths) -> tuple[Settings, str | None]:
    """The settings, and a sentence where they could not be used and the defaults count."""
    try:
        settings = read_settings(paths.settings)
    except SettingsUnreadable as error:
        _logger.error("%s", error)
        return Settings(), f"{error} Until then the defaults count."
    if settings.download_directory:
        try:
            check_folder(settings.download_directory)
        except InvalidFolder as error:
            _logger.warning("%s", error)
            sentence = f"{error} Until then downloads go to {default_download_directory()}."
            return replace(settings, download_directory=""), sentence
    return settings, None


def chosen_language(paths: Paths) -> str:
    """The language for a window; why settings cannot be used is told when the window uses them."""
    try:
        return read_settings(paths.settings).language
    except SettingsUnreadable:
        return Settings().language

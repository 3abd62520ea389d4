"""The person's web browser."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.urls import normalise_url
from dlmanager.desktop.file_manager import OpenUrl


def open_in_browser(link: str, *, open_url: OpenUrl = QDesktopServices.openUrl) -> bool:
    """Open an http or https link in the browser; False if it is none, or nothing opens it."""
    try:
        # Checked again where it is used: the system has a program for every scheme.
        url = QUrl.fromEncoded(normalise_url(link).encode(), QUrl.ParsingMode.TolerantMode)
    except InvalidUrl:
        return False
    return url.isValid() and open_url(url)

"""What is said of one attempt at a job; needs no window."""

from PySide6.QtCore import QCoreApplication

from dlmanager.core.attempt_record import AttemptEnding, AttemptRecord
from dlmanager.gui import formatting
from dlmanager.gui.sentences import in_window_language


def ending_text(record: AttemptRecord) -> str:
    """Say how an attempt ended, and why where something failed."""
    why = in_window_language(record.message or "")
    match record.ending:
        case None if record.ended_at is None:
            return QCoreApplication.translate("Attempts", "It is running")
        case AttemptEnding.COMPLETED:
            return QCoreApplication.translate("Attempts", "Completed")
        case AttemptEnding.RETRYING:
            return why or QCoreApplication.translate("Attempts", "Broke off, to be tried again")
        case AttemptEnding.FAILED:
            return why or QCoreApplication.translate("Attempts", "Failed")
        case AttemptEnding.PAUSED:
            return why or QCoreApplication.translate("Attempts", "Paused")
        case AttemptEnding.CANCELLED:
            return QCoreApplication.translate("Attempts", "Cancelled")
        case AttemptEnding.REMOVED:
            return QCoreApplication.translate("Attempts", "Removed from the list")
        case AttemptEnding.OTHER_LINK:
            return QCoreApplication.translate("Attempts", "The link was changed")
        case AttemptEnding.OTHER_MIRROR:
            return why or QCoreApplication.translate("Attempts", "Another mirror went on")
        case AttemptEnding.STOPPED:
            return QCoreApplication.translate("Attempts", "dlmanager was quit")
        case AttemptEnding.GAVE_WAY:
            return QCoreApplication.translate("Attempts", "Stopped to make room")
        case AttemptEnding.UNUSABLE:
            return QCoreApplication.translate("Attempts", "wget could not be used")
        case AttemptEnding.INTERRUPTED:
            return QCoreApplication.translate("Attempts", "The program ended in the middle of it")
        case _:
            return QCoreApplication.translate("Attempts", "Ended")


def start_text(record: AttemptRecord) -> str:
    """Say from where an attempt went on."""
    if not record.from_byte:
        return QCoreApplication.translate("Attempts", "the beginning")
    return formatting.size(record.from_byte)


def name_text(record: AttemptRecord) -> str:
    """Return what to choose an attempt by, such as "Attempt 2"."""
    return QCoreApplication.translate("Attempts", "Attempt {number}").format(
        number=formatting.whole_number(record.attempt)
    )

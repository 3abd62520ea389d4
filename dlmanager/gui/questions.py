"""The questions that need an answer now; asked without stopping anything else."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from dlmanager.core.job import Job, Status
from dlmanager.gui import formatting

_AT_WORK = frozenset({Status.PENDING, Status.PROCESSING, Status.RETRYING})


def ask_to_remove(
    parent: QWidget, jobs: Sequence[Job], bytes_lost: int, on_yes: Callable[[], None]
) -> QMessageBox:
    """Ask whether to remove jobs of which some are not finished; bytes_lost: what these hold."""
    loss = QCoreApplication.translate(
        "Questions", "The {size} downloaded so far will be thrown away."
    ).format(size=formatting.size(bytes_lost))
    if any(job.status is Status.COMPLETED for job in jobs):
        stay = QCoreApplication.translate("Questions", "Finished files stay.")
        loss = f"{loss} {stay}"
    return _ask(
        parent,
        QCoreApplication.translate("Questions", "Remove"),
        QCoreApplication.translate("Questions", "Remove {what} from the list?").format(
            what=_named(jobs)
        ),
        loss,
        yes=QCoreApplication.translate("Questions", "&Remove"),
        no=QCoreApplication.translate("Questions", "&Keep in the list"),
        on_yes=on_yes,
    )


def ask_to_cancel(
    parent: QWidget, jobs: Sequence[Job], bytes_lost: int, on_yes: Callable[[], None]
) -> QMessageBox:
    """Ask whether to cancel jobs that hold bytes; pausing keeps them."""
    return _ask(
        parent,
        QCoreApplication.translate("Questions", "Cancel download"),
        QCoreApplication.translate("Questions", "Cancel {what}?").format(what=_named(jobs)),
        QCoreApplication.translate(
            "Questions",
            "The {size} downloaded so far will be thrown away. To keep them, pause instead.",
        ).format(size=formatting.size(bytes_lost)),
        yes=_cancel_label(len(jobs)),
        no=_keep_label(jobs),
        on_yes=on_yes,
    )


def ask_to_quit(parent: QWidget, count: int, on_yes: Callable[[], None]) -> QMessageBox:
    """Ask whether to quit while jobs are at work."""
    return _ask(
        parent,
        QCoreApplication.translate("Questions", "Quit"),
        QCoreApplication.translate("Questions", "Quit and stop {downloads}?").format(
            downloads=formatting.downloads_text(count)
        ),
        QCoreApplication.translate(
            "Questions", "Nothing is lost: they go on from there when dlmanager starts again."
        ),
        yes=QCoreApplication.translate("Questions", "&Quit"),
        no=QCoreApplication.translate("Questions", "&Cancel"),
        on_yes=on_yes,
        yes_is_safe=True,
    )


def _ask(
    parent: QWidget,
    title: str,
    text: str,
    explanation: str,
    *,
    yes: str,
    no: str,
    on_yes: Callable[[], None],
    yes_is_safe: bool = False,
) -> QMessageBox:
    """Ask a question; returns its box, already open. Return is no, unless yes loses nothing.

    Each answer says what it does: "Cancel" beside the question whether to cancel says neither.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(explanation)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    refuse = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(agree if yes_is_safe else refuse)
    box.setEscapeButton(refuse)
    agree.clicked.connect(on_yes)
    box.open()
    return box


def _cancel_label(count: int) -> str:
    if count == 1:
        return QCoreApplication.translate("Questions", "&Cancel download")
    return QCoreApplication.translate("Questions", "&Cancel {downloads}").format(
        downloads=formatting.downloads_text(count)
    )


def _keep_label(jobs: Sequence[Job]) -> str:
    if any(job.status in _AT_WORK for job in jobs):
        return QCoreApplication.translate("Questions", "&Keep downloading")
    if len(jobs) == 1:
        return QCoreApplication.translate("Questions", "&Keep it")
    return QCoreApplication.translate("Questions", "&Keep them")


def _named(jobs: Sequence[Job]) -> str:
    return jobs[0].display_name if len(jobs) == 1 else formatting.downloads_text(len(jobs))

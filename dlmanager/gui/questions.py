"""The questions that need an answer now; asked without stopping anything else."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMessageBox, QWidget

from dlmanager.core.job import Job
from dlmanager.gui import formatting


def ask(
    parent: QWidget, title: str, text: str, explanation: str, yes: str, on_yes: Callable[[], None]
) -> QMessageBox:
    """Ask a question that can be answered with yes or Cancel; returns its box, already open."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(explanation)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    cancel.setIcon(QIcon())
    box.setDefaultButton(agree)
    box.setEscapeButton(cancel)
    agree.clicked.connect(on_yes)
    box.open()
    return box


def ask_to_remove(
    parent: QWidget, jobs: Sequence[Job], bytes_lost: int, on_yes: Callable[[], None]
) -> QMessageBox:
    """Ask whether to remove jobs that are not finished; bytes_lost: what they hold so far."""
    if bytes_lost:
        loss = QCoreApplication.translate(
            "Questions", "The {size} downloaded so far will be thrown away. Finished files stay."
        ).format(size=formatting.size(bytes_lost))
    else:
        loss = QCoreApplication.translate(
            "Questions", "Some are not downloaded yet. Finished files stay."
        )
    return ask(
        parent,
        QCoreApplication.translate("Questions", "Remove"),
        QCoreApplication.translate("Questions", "Remove {what} from the list?").format(
            what=_named(jobs)
        ),
        loss,
        QCoreApplication.translate("Questions", "&Remove"),
        on_yes,
    )


def ask_to_cancel(
    parent: QWidget, jobs: Sequence[Job], bytes_lost: int, on_yes: Callable[[], None]
) -> QMessageBox:
    """Ask whether to cancel jobs that hold bytes; pausing keeps them."""
    return ask(
        parent,
        QCoreApplication.translate("Questions", "Cancel download"),
        QCoreApplication.translate("Questions", "Cancel {what}?").format(what=_named(jobs)),
        QCoreApplication.translate(
            "Questions",
            "The {size} downloaded so far will be thrown away. To keep them, pause instead.",
        ).format(size=formatting.size(bytes_lost)),
        QCoreApplication.translate("Questions", "&Throw away"),
        on_yes,
    )


def _named(jobs: Sequence[Job]) -> str:
    return jobs[0].display_name if len(jobs) == 1 else formatting.downloads_text(len(jobs))


def ask_to_quit(parent: QWidget, count: int, on_yes: Callable[[], None]) -> QMessageBox:
    """Ask whether to quit while jobs are at work."""
    return ask(
        parent,
        QCoreApplication.translate("Questions", "Quit"),
        QCoreApplication.translate("Questions", "Quit and stop {downloads}?").format(
            downloads=formatting.downloads_text(count)
        ),
        QCoreApplication.translate(
            "Questions", "Nothing is lost: they go on from there when dlmanager starts again."
        ),
        QCoreApplication.translate("Questions", "&Quit"),
        on_yes,
    )

"""What is said of jobs that have just come into the list, where its filter hides them."""

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from dlmanager.gui import formatting
from dlmanager.gui.list_pane import ListPane
from dlmanager.gui.status_line import StatusLine


class Arrivals(QObject):
    """Adds to the message of jobs that came that the filter hides them, and offers to show them.

    The message follows the list while it stands: with a filter on what is active, a job is hidden
    for the moment until it starts.
    """

    def __init__(self, pane: ListPane, line: StatusLine, show: QAction) -> None:
        """show: what the person presses to see them."""
        super().__init__(pane)
        self._pane = pane
        self._jobs = pane.table.jobs
        self._line = line
        self._show = show
        self._text = self._said = ""
        self._job_ids: Sequence[str] = ()
        self._jobs.jobs_updated.connect(self._follow)
        pane.filter_changed.connect(self._follow)
        show.triggered.connect(self._on_show)

    def follow(self, text: str, job_ids: Sequence[str]) -> None:
        """Follow the jobs that a sentence is about which the line says just now."""
        self._text = self._said = text
        self._job_ids = job_ids
        self._follow()

    def _follow(self) -> None:
        if not self._job_ids:
            return
        if self._line.message != self._said:  # its time is over, or there is other news
            self._job_ids = ()
            return
        hidden = sum(map(self._jobs.is_hidden, self._job_ids))
        said = f"{self._text} {self._hidden_text(hidden)}" if hidden else self._text
        if said != self._said:
            self._said = said
            self._line.amend(said, self._show if hidden else None)

    def _hidden_text(self, hidden: int) -> str:
        if hidden < len(self._job_ids):
            return self.tr("The filter hides {number} of them.").format(
                number=formatting.whole_number(hidden)
            )
        return self.tr("The filter hides it.") if hidden == 1 else self.tr("The filter hides them.")

    def _on_show(self) -> None:
        self._pane.show_jobs(self._job_ids)

"""The page General of the details: every fact of the selected job, and what can be done."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QFont, QGuiApplication, QTextOption
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.job import Job
from dlmanager.core.mirrors import Mirror
from dlmanager.core.shown import in_html
from dlmanager.gui.details_page import DetailsPage, Selection
from dlmanager.gui.focus_ring import FocusRing
from dlmanager.gui.job_facts import (
    Fact,
    as_text,
    facts_of_course,
    facts_of_file,
    facts_of_mirrors,
    states_text,
    sum_text,
)
from dlmanager.gui.palette import quiet_text
from dlmanager.gui.queue import AttemptSource

MAX_JOBS_SUMMED_LIVE = 1000
_SHORT_FACTS_CHARACTERS = 54
_LEAST_LONG_FACTS_CHARACTERS = 24


Remedies = Mapping[QAction, Callable[[Job], bool]]


class DetailsGeneral(DetailsPage):
    """All facts of one job as text to select and copy; the sum of several.

    downloads_per_host: how many of one host may run; None while that is not known.
    """

    def __init__(
        self,
        remedies: Remedies,
        *,
        source: AttemptSource,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        clock: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        """remedies: actions on the selected job, and for which job each may help; one that does and
        is enabled is offered where something went wrong. source: tells of a job's mirrors.
        clock: milliseconds since the epoch.
        """
        super().__init__(parent)
        self.downloads_per_host: int | None = None
        self._source = source
        self._start_task = start_task
        self._mirrors: Sequence[Mirror] = ()
        self._mirrors_of: tuple[object, ...] = ()
        self._clock = clock
        self._facts: Sequence[Fact] = ()
        self._shown = ""
        self._job_id: str | None = None
        self._summed: Selection | None = None
        content = QWidget(self)
        self._text = QTextBrowser(content)
        self._text.setAccessibleName(self.tr("Facts"))
        self._text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._text.setOpenLinks(False)
        self._text.document().setDocumentMargin(8)
        font = QFont(self._text.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self._text.setFont(font)
        FocusRing(self._text)
        self._copy = QPushButton(self.tr("Copy all"), content)
        self._copy.setToolTip(self.tr("Copy all facts as text"))
        self._copy.clicked.connect(self._on_copy)
        self._remedies = {self._button(action, content): fits for action, fits in remedies.items()}
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.setContentsMargins(8, 8, 8, 8)
        for button in self._remedies:
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._strip = QWidget(content)
        self._strip.setLayout(buttons)
        side = QVBoxLayout()
        side.setContentsMargins(8, 8, 8, 8)
        side.addStretch(1)
        side.addWidget(self._copy)
        facts = QHBoxLayout()
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setSpacing(0)
        facts.addWidget(self._text, 1)
        facts.addLayout(side)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._strip)
        layout.addLayout(facts, 1)
        self.add_content(content)
        self._content = content

    @property
    def facts(self) -> Sequence[Fact]:
        """The facts that are shown."""
        return self._facts

    @property
    def offered(self) -> list[QAction]:
        """The actions that are offered."""
        return [each.defaultAction() for each in self._remedies if not each.isHidden()]

    def show_selection(self, selection: Selection) -> None:
        job = selection.only
        if job is not None:
            self._show_job(job, selection)
        elif selection.jobs:
            # Many take long to sum, and hardly show that one of them moves.
            if len(selection.jobs) <= MAX_JOBS_SUMMED_LIVE or selection is not self._summed:
                lines = (
                    sum_text(selection.jobs, selection.progress_of),
                    states_text(selection.jobs),
                )
                self.show_hint("\n".join(lines))
        else:
            self.show_hint(self.tr("Select a download to see everything about it here."))
        self._summed = selection

    def _show_job(self, job: Job, selection: Selection) -> None:
        progress = selection.progress_of(job)
        of_file = facts_of_file(job, self._clock(), progress, self.downloads_per_host)
        of_course = facts_of_course(job, progress)
        self._want_mirrors(job)
        of_file += facts_of_mirrors(self._mirrors, job)
        self._facts = [*of_file, *of_course]
        for button, fits in self._remedies.items():
            # A finished file that was found wrong later is no failure.
            is_offered = (job.error_kind is not None or job.has_wrong_checksum) and fits(job)
            button.setVisible(is_offered and button.defaultAction().isEnabled())
        self._strip.setVisible(bool(self.offered))
        self.setCurrentWidget(self._content)
        self._show_text(self._as_html(of_file, of_course), job.id)

    def _want_mirrors(self, job: Job) -> None:
        """Ask for the mirrors of a job when their records may be other ones."""
        key = (job.id, job.attempt, job.status, job.mirror)
        if key == self._mirrors_of:
            return
        if key[:1] != self._mirrors_of[:1]:
            self._mirrors = ()
        self._mirrors_of = key
        if job.mirror is not None:
            self._start_task(self._load_mirrors(job.id, key))

    async def _load_mirrors(self, job_id: str, key: tuple[object, ...]) -> None:
        mirrors = await self._source.mirrors(job_id)
        if key == self._mirrors_of:
            self._mirrors = mirrors  # shown with the next second

    def _show_text(self, text: str, job_id: str) -> None:
        is_same_job, self._job_id = self._job_id == job_id, job_id
        # What somebody is about to copy must hold still.
        if text == self._shown or (is_same_job and self._text.textCursor().hasSelection()):
            return
        self._shown = text
        bar = self._text.verticalScrollBar()
        place = bar.value() if is_same_job else 0
        self._text.setHtml(text)
        bar.setValue(place)

    def _as_html(self, longer: Sequence[Fact], shorter: Sequence[Fact]) -> str:
        metrics = self._text.fontMetrics()
        titles = max(metrics.horizontalAdvance(each.title) for each in (*longer, *shorter)) + 12
        narrow = metrics.averageCharWidth() * _SHORT_FACTS_CHARACTERS
        colour = quiet_text(self._text.palette()).name()
        least = metrics.averageCharWidth() * _LEAST_LONG_FACTS_CHARACTERS
        if self._text.viewport().width() < titles + least + narrow:
            return _table([*longer, *shorter], titles, colour)
        sides = [_table(facts, titles, colour) for facts in (longer, shorter)]
        return (
            f'<table width="100%" cellspacing="0"><tr><td>{sides[0]}</td>'
            f'<td width="{narrow}">{sides[1]}</td></tr></table>'
        )

    def _button(self, action: QAction, parent: QWidget) -> QToolButton:
        button = QToolButton(parent)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(action.iconText())
        return button

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self._facts))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._shown = ""  # it is written anew with the next second


def _table(facts: Sequence[Fact], titles_px: int, colour: str) -> str:
    rows = [
        f'<tr><td width="{titles_px}" style="color:{colour}">{in_html(fact.title)}</td>'
        f"<td>{in_html(fact.value)}</td></tr>"
        for fact in facts
    ]
    return f'<table width="100%" cellpadding="2" cellspacing="0">{"".join(rows)}</table>'

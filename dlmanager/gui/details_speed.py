"""The page Speed of the details: the last minutes of the selected job and of the whole queue."""

from PySide6.QtWidgets import QWidget

from dlmanager.core.speed_history import WINDOW_S
from dlmanager.gui import formatting
from dlmanager.gui.details_page import DetailsPage, Selection
from dlmanager.gui.live_progress import LiveProgress
from dlmanager.gui.speed_graph import Curve, SpeedGraph


class DetailsSpeed(DetailsPage):
    """Draws how fast it was, once a second."""

    def __init__(self, live: LiveProgress, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._graph = SpeedGraph(self)
        self._graph.setAccessibleName(self.tr("Speed in the last minutes"))
        self.addWidget(self._graph)

    @property
    def graph(self) -> SpeedGraph:
        """What draws."""
        return self._graph

    def show_selection(self, selection: Selection) -> None:
        of_queue = self._live.speeds_of_queue()
        curves = [Curve(self.tr("Whole queue: {now}, at most {peak}"), of_queue)]
        job = selection.only
        of_job = None if job is None else self._live.speeds_of_job(job.id)
        if of_job is not None:
            curves.append(Curve(self.tr("This download: {now}, at most {peak}"), of_job))
        elif not any(of_queue):
            minutes = formatting.duration(WINDOW_S)
            self.show_hint(
                self.tr("Nothing was downloaded in the last {time}.").format(time=minutes)
            )
            return
        self.setCurrentWidget(self._graph)
        ago = self.tr("{time} ago").format(time=formatting.duration(WINDOW_S))
        self._graph.show_curves(curves, ago, self.tr("now"))

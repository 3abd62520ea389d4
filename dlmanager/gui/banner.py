"""A calm line beside the list: why the queue cannot work, or what one job needs."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from dlmanager import resources
from dlmanager.gui.palette import blend, state_colours
from dlmanager.gui.sentences import in_window_language

_ICON_PX = 20


class Banner(QFrame):
    """Shows a sentence, and buttons to act on it, for as long as it holds; hidden otherwise."""

    def __init__(self, parent: QWidget | None = None, actions: Sequence[QAction] = ()) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setAccessibleName(self.tr("Problem"))
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        for action in actions:
            layout.addWidget(self._button(action), 0, Qt.AlignmentFlag.AlignVCenter)
        self._colour()
        self.hide()

    @property
    def text(self) -> str:
        """The sentence; empty if there is none."""
        return self._text.text()

    def show_problem(self, problem: str | None) -> None:
        """Show a sentence in the language of the window, or hide at None."""
        self._text.setText(in_window_language(problem or ""))
        self.setVisible(problem is not None)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(action.iconText())
        return button

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        above = self.parentWidget()
        palette = QPalette(above.palette() if above is not None else self.palette())
        amber = state_colours(palette).retrying
        ground = blend(amber, palette.color(QPalette.ColorRole.Base), 0.16)
        if self.palette().color(QPalette.ColorRole.Window) != ground:
            palette.setColor(QPalette.ColorRole.Window, ground)
            self.setPalette(palette)
        self._icon.setPixmap(
            resources.pixmap("triangle-alert", amber, _ICON_PX, self.devicePixelRatioF())
        )

"""The toolbar: the main actions with their words, and the field that narrows the list."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QToolBar, QToolButton, QWidget

SEARCH_DELAY_MS = 120
_ICON_SIDES_PX = (20, 24, 32)  # of the sizes that icons are drawn in
_SEARCH_CHARACTERS = 24
_LEAST_SEARCH_CHARACTERS = 12


class ToolBar(QToolBar):
    """Shows actions in groups; where there is too little room, all but the first lose their words.

    Actions that are wordless are shown by their icons alone, however much room there is.

    Signals:
        searched(str): the person looks for this; empty for all.
        left_search(): the person is done with typing and wants the list.
    """

    searched = Signal(str)
    left_search = Signal()

    def __init__(
        self,
        groups: Sequence[Sequence[QAction]],
        parent: QWidget,
        *,
        wordless: Collection[QAction] = (),
    ) -> None:
        super().__init__(parent)
        self._wordless = wordless
        self.setWindowTitle(self.tr("Tools"))
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._row = _ButtonRow(self)
        self.iconSizeChanged.connect(self._row.setIconSize)
        self._suit_font()
        self._buttons: list[QToolButton] = []
        for group in groups:
            if self._buttons:
                self._row.addSeparator()
            for action in group:
                self._add(action)
        self.addWidget(self._row)
        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self._search = SearchField(self)
        self.addWidget(self._search)
        self._search_timer = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._search_timer.timeout.connect(self._on_search_due)
        self._search.textChanged.connect(self._search_timer.start)
        self._search.left.connect(self.left_search)
        self._words_px = 0

    def search_for(self, text: str) -> None:
        """Put a text into the field and look for it at once."""
        self._search.setText(text)
        self._on_search_due()

    def begin_search(self) -> None:
        """Give the field the keyboard, with all of its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit(event.size().width())
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._suit_font()
            self._words_px = 0
            self._fit(self.width())

    def _suit_font(self) -> None:
        text_px = self.fontMetrics().height()
        side = next((side for side in _ICON_SIDES_PX if side >= text_px), _ICON_SIDES_PX[-1])
        self.setIconSize(QSize(side, side))

    def minimumSizeHint(self) -> QSize:
        # Or the words would keep the window from becoming so narrow that they must go.
        return QSize(0, super().minimumSizeHint().height())

    def _add(self, action: QAction) -> None:
        self._row.addAction(action)
        button = self._row.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setAccessibleName(action.iconText())
        if action.menu() is not None:
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._buttons.append(button)

    def _fit(self, room_px: int) -> None:
        if not self._words_px:
            self._show_words(are_shown=True)
            self._row.updateGeometry()  # Qt itself tells this bar later
            may_shrink_px = self._search.sizeHint().width() - self._search.minimumSizeHint().width()
            self._words_px = self.sizeHint().width() - may_shrink_px
        self._show_words(are_shown=self._words_px <= room_px)

    def _show_words(self, *, are_shown: bool) -> None:
        beside, without = (
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
            Qt.ToolButtonStyle.ToolButtonIconOnly,
        )
        for button in self._buttons[1:]:
            has_words = are_shown and button.defaultAction() not in self._wordless
            button.setToolButtonStyle(beside if has_words else without)

    def _on_search_due(self) -> None:
        self._search_timer.stop()
        self.searched.emit(self._search.text())


class _ButtonRow(QToolBar):
    """The buttons alone: where there is too little room for them, the last go behind an arrow.

    In one bar with the field, it would be the first to go.
    """

    def paintEvent(self, event: QPaintEvent) -> None:
        """Leave the ground to the bar that this is in."""


class SearchField(QLineEdit):
    """What is typed here narrows the list; Esc clears it, and leaves it when it is empty.

    Signals:
        left(): Esc in the empty field, or Return or Down: the person wants the list.
    """

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Filter name, link, folder"))
        self.setAccessibleName(self.tr("Filter"))
        self.setClearButtonEnabled(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(_SEARCH_CHARACTERS), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width_of(_LEAST_SEARCH_CHARACTERS), super().minimumSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _width_of(self, characters: int) -> int:
        room_of_button_px = super().sizeHint().height()
        return self.fontMetrics().averageCharWidth() * characters + room_of_button_px

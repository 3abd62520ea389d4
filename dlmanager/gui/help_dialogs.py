"""What the Help menu opens: what this program is, and its keys."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import DlmanagerError
from dlmanager.gui.screen_room import keep_on_screen
from dlmanager.gui.sentences import in_window_language

_MARGIN_PX = 12
_KEYS_SIZE_LINES = 24


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person may want to tell of this program. data, log: paths."""

    version: str
    licence: str
    data: str
    log: str


class AboutDialog(QDialog):
    """Tells the version, the licence, where things are, and which wget is used once it is known."""

    def __init__(
        self,
        facts: Facts,
        *,
        ask_wget: Callable[[], Coroutine[Any, Any, tuple[str, str]]],
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        """ask_wget: gives its path and version; raises a DlmanagerError if it cannot be used."""
        super().__init__(parent)
        self._ask_wget = ask_wget
        self._is_left = False
        self.setWindowTitle(self.tr("About dlmanager"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel(f"dlmanager {facts.version}", self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._wget = _copyable(self.tr("Looking…"), self)
        layout = _layout(self)
        layout.addWidget(title)
        layout.addWidget(QLabel(self.tr("A download manager for the desktop."), self))
        rows = (
            (self.tr("Licence"), _copyable(facts.licence, self)),
            (self.tr("Data"), _copyable(facts.data, self)),
            (self.tr("Log"), _copyable(facts.log, self)),
            ("wget", self._wget),
        )
        layout.addLayout(_grid((QLabel(name, self), value) for name, value in rows))
        layout.addStretch(1)
        layout.addWidget(_close_button(self))
        keep_on_screen(self)
        start_task(self._tell_of_wget())

    def done(self, result: int) -> None:
        self._is_left = True
        super().done(result)

    async def _tell_of_wget(self) -> None:
        try:
            path, version = await self._ask_wget()
            text = f"{version}, {path}"
        except DlmanagerError as error:
            text = in_window_language(str(error))
        if not self._is_left:
            self._wget.setText(text)


class KeysDialog(QDialog):
    """Lists the keys of actions, as the actions themselves have them."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keys = QWidget(self)
        keys.setLayout(
            _grid(
                (QLabel(words, keys), QLabel(pressed, keys)) for words, pressed in keys_of(actions)
            )
        )
        area = QScrollArea(self)
        area.setWidget(keys)
        area.setWidgetResizable(True)
        area.setAccessibleName(self.windowTitle())
        layout = _layout(self)
        layout.addWidget(area, 1)
        layout.addWidget(_close_button(self))
        width_px = keys.sizeHint().width() + area.verticalScrollBar().sizeHint().width()
        self.resize(width_px + 4 * _MARGIN_PX, _KEYS_SIZE_LINES * self.fontMetrics().lineSpacing())
        keep_on_screen(self)


def keys_of(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """Return what is done, and the keys that do it, of all actions that have any."""
    native = QKeySequence.SequenceFormat.NativeText
    return [
        (
            action.text().replace("&", "").rstrip("…"),
            ", ".join(dict.fromkeys(key.toString(native) for key in action.shortcuts())),
        )
        for action in actions
        if action.shortcuts()
    ]


def _layout(dialog: QDialog) -> QVBoxLayout:
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
    layout.setSpacing(_MARGIN_PX)
    return layout


def _grid(rows: Iterable[tuple[QLabel, QLabel]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * _MARGIN_PX)
    grid.setColumnStretch(1, 1)
    for number, (name, value) in enumerate(rows):
        grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, number, 1)
    return grid


def _copyable(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(40 * label.fontMetrics().averageCharWidth())
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    for button in buttons.buttons():
        button.setIcon(QIcon())
    buttons.rejected.connect(dialog.reject)
    return buttons

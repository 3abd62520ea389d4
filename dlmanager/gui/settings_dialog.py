"""The settings dialog, made from the one declaration of the settings.

A change counts at once. What cannot be used is said below its field, and the old value counts on.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QIcon, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.settings import (
    Description,
    Kind,
    Page,
    Settings,
    as_text,
    default_of,
    describe,
    setting_names,
)
from dlmanager.gui.extensions_edit import ExtensionsEdit
from dlmanager.gui.mnemonics import keys_of, with_mnemonics
from dlmanager.gui.palette import quiet_text
from dlmanager.gui.screen_room import keep_on_screen
from dlmanager.gui.sentence_label import ProblemLabel, WrappedLabel
from dlmanager.gui.sentences import in_window_language
from dlmanager.gui.setting_words import words_of_refusal

StartTask = Callable[[Coroutine[Any, Any, None]], None]
TestWget = Callable[[str], Coroutine[Any, Any, tuple[str, str]]]
"""Of a path, empty for the first one found: the path in full and the version of a wget that can be
used; raises a DlmanagerError where it cannot."""

_MARGIN_PX = 12
_GAP_PX = 4
_FIELD_GAP_PX = 16
_PAGES_SHARE = 0.38
_START_CHARACTERS, _START_LINES = 120, 34


class SettingsCare(Protocol):
    """Where settings come from and go to; the engine's settings keeper is one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def changed(self) -> SignalInstance: ...

    async def set(self, name: str, text: str) -> None:
        """Change one setting. Raises a DlmanagerError with a sentence for people."""
        ...

    async def reset(self, names: Iterable[str]) -> None: ...


class SettingsDialog(QDialog):
    """Shows all settings on their pages; each change is handed on when it is made."""

    def __init__(
        self,
        care: SettingsCare,
        *,
        start_task: StartTask,
        test_wget: TestWget,
        found: Mapping[str, str] = MappingProxyType({}),
        parent: QWidget | None = None,
    ) -> None:
        """found: by the names of settings, what an empty text means here."""
        super().__init__(parent)
        self._care = care
        self._start_task = start_task
        self._test_wget = test_wget
        self._found = found
        self._fields: dict[str, _Field] = {}
        self.setWindowTitle(self.tr("Settings"))
        self._pending = 0
        self._is_leaving = self._was_told = False
        self.finished.connect(self._delete_when_done)
        self._pages = QListWidget(self)
        self._pages.setSpacing(_GAP_PX)
        self._pages.setAccessibleName(self.tr("Pages"))
        self._stack = QStackedWidget(self)
        self._reset_button = QPushButton(self.tr("&Reset this page"), self)
        for page in Page:
            self._pages.addItem(translated(page))
            self._pages.item(self._pages.count() - 1).setToolTip(translated(page))
            self._stack.addWidget(self._page(page))
        self._pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._pages.setCurrentRow(0)
        self._failure = ProblemLabel(self)
        self._lay_out()
        for name, field in self._fields.items():
            field.show_value(as_text(getattr(care.settings, name)))
        care.changed.connect(self._on_changed)
        self._suit_widths()
        self.resize(self._start_size())
        keep_on_screen(self)

    def show_page(self, page: Page) -> None:
        """Turn to a page."""
        self._pages.setCurrentRow(list(Page).index(page))

    def _suit_widths(self) -> None:
        """Make what is not as wide as the page equally wide, on all pages."""
        boxes = [*self.findChildren(QAbstractSpinBox), *self.findChildren(QComboBox)]
        width_px = max(box.sizeHint().width() for box in boxes)
        for box in boxes:
            box.setMinimumWidth(width_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The names of the pages may be cut short, as their tips tell them, but not the fields.
        whole_px = self._pages.sizeHintForColumn(0) + 2 * _MARGIN_PX + 2 * self._pages.frameWidth()
        self._pages.setFixedWidth(min(whole_px, round(self.width() * _PAGES_SHARE)))
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def _start_size(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.averageCharWidth() * _START_CHARACTERS
        return QSize(width, metrics.lineSpacing() * _START_LINES)

    def _lay_out(self) -> None:
        self._pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self._reset_button, QDialogButtonBox.ButtonRole.ResetRole)
        for button in buttons.buttons():
            assert isinstance(button, QPushButton)
            button.setAutoDefault(False)  # Return ends the typing in a field, not the dialog
            button.setIcon(QIcon())
        self._reset_button.clicked.connect(self._on_reset)
        buttons.rejected.connect(self.reject)
        middle = QHBoxLayout()
        middle.setSpacing(_MARGIN_PX)
        middle.addWidget(self._pages)
        middle.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        layout.addLayout(middle, 1)
        layout.addWidget(self._failure)
        layout.addWidget(buttons)

    def _page(self, page: Page) -> QWidget:
        names = [name for name in setting_names() if describe(name).page is page]
        fields = [self._field(name) for name in names]
        self._fields |= zip(names, fields, strict=True)
        self._give_keys(fields)
        # Labels on top: beside the fields, large fonts and long words would leave no room for them.
        column = QVBoxLayout()
        column.setSpacing(_FIELD_GAP_PX)
        if introduction := _introduction(page):
            column.addWidget(_QuietLabel(introduction, self))
        for field in fields:
            column.addWidget(field)
        column.addStretch(1)
        content = QWidget(self)
        content.setLayout(column)
        area = QScrollArea(self)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        return area

    def _give_keys(self, fields: "Sequence[_Field]") -> None:
        taken = keys_of(
            [self._reset_button.text(), *(each for field in fields for each in field.button_texts)]
        )
        labels = with_mnemonics([field.label_text for field in fields], taken)
        for field, label in zip(fields, labels, strict=True):
            field.show_label(label)

    def _field(self, name: str) -> "_Field":
        description = describe(name)
        editor = _EDITORS[description.kind](description, self)
        if isinstance(editor, _TextEditor):
            editor.show_placeholder(self._found.get(name, ""))
        field = _Field(description, as_text(default_of(name)), editor, self)
        field.setObjectName(name)
        if description.kind is Kind.PROGRAM:
            field.add_button(self.tr("&Test"), partial(self._on_test_wget, field))
        field.edited.connect(partial(self._on_edited, name))
        return field

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._pending += 1
        self._start_task(self._finish(work))

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._pending -= 1
            if self._is_leaving and not self._pending and self.isVisible():
                self._leave_or_tell()
            self._delete_when_done()

    def _delete_when_done(self) -> None:
        """Go once it is closed and the last change has been taken, which still needs its field."""
        if self.isHidden() and not self._pending:
            self.deleteLater()

    def reject(self) -> None:
        """Close, unless a value cannot be used: that is told first, and lost only the next time."""
        was_waiting = self._is_leaving
        for field in self._fields.values():
            field.end_typing()
        if self._pending and not was_waiting:
            self._is_leaving = True
        else:
            self._leave_or_tell()

    def _leave_or_tell(self) -> None:
        self._is_leaving = False
        refused = [field for field in self._fields.values() if field.is_refused]
        if not refused or self._was_told or self._pending:
            super().reject()
            return
        self._was_told = True
        self.show_page(describe(refused[0].objectName()).page)
        refused[0].take_keyboard()
        self._failure.say(
            self.tr("{setting}: what is written there is not used. Close again to drop it.").format(
                setting=refused[0].label_text
            )
        )

    def _on_changed(self, settings: Settings) -> None:
        for name, field in self._fields.items():
            field.offer_value(as_text(getattr(settings, name)))

    def _on_edited(self, name: str, text: str) -> None:
        self._failure.say("")
        self._was_told = False
        self._start(self._set(name, text))

    async def _set(self, name: str, text: str) -> None:
        field = self._fields[name]
        try:
            await self._care.set(name, text)
        except DlmanagerError as error:
            field.problem.say(words_of_refusal(name, str(error)))
        else:
            field.problem.say("")
            # A path may have been completed, a password been put away.
            field.show_value(as_text(getattr(self._care.settings, name)))

    def _on_reset(self) -> None:
        page = list(Page)[self._pages.currentRow()]
        names = [name for name in setting_names() if describe(name).page is page]
        self._start(self._reset(names))

    async def _reset(self, names: list[str]) -> None:
        try:
            await self._care.reset(names)
        except DlmanagerError as error:
            self._failure.say(in_window_language(str(error)))
            return
        self._failure.say("")
        for name in names:
            self._fields[name].problem.say("")
            self._fields[name].show_value(as_text(getattr(self._care.settings, name)))

    def _on_test_wget(self, field: "_Field") -> None:
        self._start(self._tell_of_wget(field))

    async def _tell_of_wget(self, field: "_Field") -> None:
        field.tell(self.tr("Looking…"))
        try:
            path, version = await self._test_wget(field.text())
        except DlmanagerError as error:
            field.tell("")
            field.problem.say(words_of_refusal(field.objectName(), str(error)))
        else:
            field.problem.say("")
            field.tell(
                self.tr("{path} is GNU wget {version}. It can be used.").format(
                    path=path, version=version
                )
            )


class _Field(QWidget):
    """One setting: its editor, and below it what it means, what was found, what is wrong.

    Signals:
        edited(str): the person has given another value, as text.
    """

    edited = Signal(str)

    def __init__(
        self, description: Description, default: str, editor: "_Editor", parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._shown = ""
        self._default = default
        self._is_list = description.kind is Kind.EXTENSIONS
        self.label_text = translated(description.label)
        self._label = QLabel(self)
        self._label.setBuddy(editor.widget)
        self._label.setVisible(description.kind is not Kind.SWITCH)
        editor.widget.setAccessibleName(self.label_text)
        explanation = _explanation(description, editor, default)
        editor.widget.setAccessibleDescription(explanation)
        # What they are the introduction of the page says once.
        self._note = _QuietLabel(
            _default_text(editor, default) if self._is_list else explanation, self
        )
        self._told = _QuietLabel("", self)
        self._told.hide()
        self.problem = ProblemLabel(self)
        self._row = QHBoxLayout()
        self._row.addWidget(editor.widget, 1 if editor.grows else 0)
        for button in editor.buttons:
            self._row.addWidget(button)
        if not editor.grows:
            self._row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP_PX)
        layout.addWidget(self._label)
        layout.addLayout(self._row)
        for below in (self._note, self._told, self.problem):
            layout.addWidget(below)
        editor.on_edited = self._on_edited

    @property
    def button_texts(self) -> list[str]:
        """The words of the buttons beside the editor."""
        return [button.text() for button in self.findChildren(QPushButton)]

    @property
    def is_refused(self) -> bool:
        """Whether it holds what cannot be used."""
        return not self.problem.isHidden()

    def show_label(self, text: str) -> None:
        """Show the label, with its key marked in it."""
        if isinstance(self._editor.widget, QCheckBox):
            self._editor.widget.setText(text)
        else:
            self._label.setText(text)

    def end_typing(self) -> None:
        """Hand on what was typed, if it was not yet."""
        self._editor.end_typing()
        self._on_edited()

    def take_keyboard(self) -> None:
        """Let what is typed next come here."""
        self._editor.widget.setFocus()

    def text(self) -> str:
        """What the editor holds."""
        return self._editor.text()

    def show_value(self, text: str) -> None:
        """Show a value."""
        self._shown = text
        self._editor.show_value(text)
        self._note.setVisible(not self._is_list or text != self._default)

    def offer_value(self, text: str) -> None:
        """Show a value, unless the person has one here that is not in use yet."""
        if self.problem.isHidden() and self._editor.text() == self._shown:
            self.show_value(text)

    def tell(self, text: str) -> None:
        """Say what was found, or nothing."""
        self._told.setText(text)
        self._told.setVisible(bool(text))

    def add_button(self, text: str, on_clicked: Callable[[], None]) -> None:
        """Put a button at the end of the row."""
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(on_clicked)
        self._row.addWidget(button)

    def _on_edited(self) -> None:
        if self._editor.text() != self._shown:
            self._shown = self._editor.text()
            self.edited.emit(self._shown)


class _QuietLabel(WrappedLabel):
    """Plain text that stays in the background."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, quiet_text(palette))
        self.setPalette(palette)


def translated(text: str) -> str:
    """Words of the declaration of the settings, in the language of the window."""
    return QCoreApplication.translate("Settings", text)


def _explanation(description: Description, editor: "_Editor", default: str) -> str:
    explanation = translated(description.explanation)
    sentence = f"{explanation[:1].upper()}{explanation[1:]}."
    if description.kind in (Kind.TEXT, Kind.FOLDER, Kind.PROGRAM):
        return sentence  # it says itself what an empty text means
    return f"{sentence} {_default_text(editor, default)}"


def _default_text(editor: "_Editor", default: str) -> str:
    return QCoreApplication.translate("SettingsDialog", "Default: {value}.").format(
        value=editor.worded(default)
    )


def _introduction(page: Page) -> str:
    """What the fields of a page have in common; empty where each speaks for itself."""
    if page is Page.CATEGORIES:
        return QCoreApplication.translate(
            "SettingsDialog",
            "How the name of a file ends tells its category; what none lists is under Other. "
            "An extension that is written into one category leaves the others.",
        )
    return ""


def choice_text(choice: str) -> str:
    """What a choice is called; a language has its own name in every language."""
    translate = QCoreApplication.translate
    return {
        "en": "English",
        "de": "Deutsch",
        "system": translate("Settings", "As the system"),
        "light": translate("Settings", "Light"),
        "dark": translate("Settings", "Dark"),
        "comfortable": translate("Settings", "Comfortable"),
        "compact": translate("Settings", "Compact"),
    }.get(choice, choice)


# Editors


class _Editor:
    """A widget for one kind of value, which it takes and gives as text."""

    grows = False

    def __init__(self, widget: QWidget) -> None:
        self.widget = widget
        self.buttons: tuple[QWidget, ...] = ()
        self.on_edited: Callable[[], None] = lambda: None

    def text(self) -> str:
        raise NotImplementedError

    def show_value(self, text: str) -> None:
        raise NotImplementedError

    def worded(self, value: str) -> str:
        """A value as this editor shows it."""
        return choice_text(value)

    def end_typing(self) -> None:
        """Take what is being typed as the value."""


class _WheelGuard(QObject):
    """Lets the wheel scroll the page: a value changes only where it has the keyboard."""

    def __init__(self, guarded: QWidget) -> None:
        super().__init__(guarded)
        guarded.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        guarded.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_wheel = event.type() == QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class _SecondsBox(QDoubleSpinBox):
    """Seconds, to the millisecond, without digits that say nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setDecimals(3)

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 6)


_MS_PER_S = 1000


class _NumberEditor(_Editor):
    """Milliseconds are shown as seconds."""

    def __init__(self, description: Description, parent: QWidget) -> None:
        self._is_time = description.unit == "ms"
        self._box: QSpinBox | _SecondsBox = (
            _SecondsBox(parent) if self._is_time else QSpinBox(parent)
        )
        self._box.setRange(self._shown(str(description.least)), self._shown(str(description.most)))
        _WheelGuard(self._box)
        self._box.setSuffix(f" {translated('s' if self._is_time else description.unit)}")
        self._box.setGroupSeparatorShown(True)
        if description.most > 1000:
            self._box.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        if description.least_means:
            self._box.setSpecialValueText(translated(description.least_means))
        # Each step of the arrows would else write the file.
        self._box.setKeyboardTracking(False)
        self._box.valueChanged.connect(lambda _: self.on_edited())
        super().__init__(self._box)

    def text(self) -> str:
        return str(round(self._box.value() * (_MS_PER_S if self._is_time else 1)))

    def show_value(self, text: str) -> None:
        self._box.blockSignals(True)
        self._box.setValue(self._shown(text))
        self._box.blockSignals(False)

    def worded(self, value: str) -> str:
        number = self._shown(value)
        if self._box.specialValueText() and number == self._box.minimum():
            return self._box.specialValueText()
        return f"{self._box.textFromValue(number)}{self._box.suffix()}"

    def end_typing(self) -> None:
        self._box.interpretText()

    def _shown(self, text: str) -> Any:
        return int(text) / _MS_PER_S if self._is_time else int(text)


class _SwitchEditor(_Editor):
    def __init__(self, description: Description, parent: QWidget) -> None:
        self._box = QCheckBox(translated(description.label), parent)
        self._box.clicked.connect(lambda: self.on_edited())
        super().__init__(self._box)

    def text(self) -> str:
        return as_text(self._box.isChecked())

    def worded(self, value: str) -> str:
        if value == as_text(True):
            return QCoreApplication.translate("Settings", "on")
        return QCoreApplication.translate("Settings", "off")

    def show_value(self, text: str) -> None:
        self._box.setChecked(text == as_text(True))


class _ChoiceEditor(_Editor):
    def __init__(self, description: Description, parent: QWidget) -> None:
        self._box = QComboBox(parent)
        _WheelGuard(self._box)
        for choice in description.choices:
            self._box.addItem(choice_text(choice), choice)
        self._box.activated.connect(lambda: self.on_edited())
        super().__init__(self._box)

    def text(self) -> str:
        return str(self._box.currentData())

    def show_value(self, text: str) -> None:
        self._box.setCurrentIndex(self._box.findData(text))


class _TextEditor(_Editor):
    grows = True

    def __init__(self, description: Description, parent: QWidget) -> None:
        self._line = QLineEdit(parent)
        self._line.setClearButtonEnabled(True)
        self._line.editingFinished.connect(lambda: self.on_edited())
        super().__init__(self._line)

    def show_placeholder(self, text: str) -> None:
        """Show what counts while nothing is given."""
        self._line.setPlaceholderText(text)

    def text(self) -> str:
        return self._line.text().strip()

    def show_value(self, text: str) -> None:
        if text != self._line.text():
            self._line.setText(text)


class _PathEditor(_TextEditor):
    def __init__(self, description: Description, parent: QWidget) -> None:
        super().__init__(description, parent)
        self._asks_for_folder = description.kind is Kind.FOLDER
        self._title = translated(description.label)
        browse = QPushButton(QCoreApplication.translate("SettingsDialog", "&Browse…"), parent)
        browse.setAutoDefault(False)
        browse.clicked.connect(self._on_browse)
        self.buttons = (browse,)

    def _on_browse(self) -> None:
        chooser = QFileDialog(self.widget.window(), self._title, self.text())
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._asks_for_folder:
            chooser.setFileMode(QFileDialog.FileMode.Directory)
            chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self._on_chosen)
        chooser.open()

    def _on_chosen(self, path: str) -> None:
        self._line.setText(path)
        self.on_edited()


class _ExtensionsEditor(_Editor):
    grows = True

    def __init__(self, description: Description, parent: QWidget) -> None:
        self._edit = ExtensionsEdit(parent)
        self._edit.editing_finished.connect(lambda: self.on_edited())
        super().__init__(self._edit)

    def text(self) -> str:
        return self._edit.toPlainText().strip()

    def show_value(self, text: str) -> None:
        if text != self._edit.toPlainText():
            self._edit.setPlainText(text)


_EDITORS: dict[Kind, Callable[[Description, QWidget], _Editor]] = {
    Kind.NUMBER: _NumberEditor,
    Kind.SWITCH: _SwitchEditor,
    Kind.CHOICE: _ChoiceEditor,
    Kind.TEXT: _TextEditor,
    Kind.FOLDER: _PathEditor,
    Kind.PROGRAM: _PathEditor,
    Kind.EXTENSIONS: _ExtensionsEditor,
}

"""The field for links, one a line: takes the links out of what is pasted or dropped into it."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from dlmanager.gui.mime_links import may_hold_links, offer_of
from dlmanager.gui.palette import state_colours
from dlmanager.gui.slices import Slices

_LINES_A_STEP = 20
_MAX_MARKS = 500
"""How many lines are underlined: each costs time whenever the field is drawn."""


class LinksEdit(QPlainTextEdit):
    """Lines of links; of what is pasted or dropped it takes the links, if there are any.

    Signals:
        filled(): lines that were appended are all there.
        taken(): Return was the first key after lines were suggested: they are what is wanted.
        files_dropped(list[str]): files of this machine were dropped or pasted: their paths.
    """

    filled = Signal()
    taken = Signal()
    files_dropped = Signal(object)

    def __init__(
        self, parent: QWidget, *, start_task: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        super().__init__(parent)
        self._start_task = start_task
        self._is_reading = self._is_left = self._is_suggesting = False
        self._waiting: deque[str] = deque()
        self._filling = Slices(self)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)

    @property
    def is_busy(self) -> bool:
        """Whether lines that were pasted or appended are still to come."""
        return self._is_reading or self._filling.is_busy

    def append_lines(self, lines: Sequence[str]) -> None:
        """Put lines below what is there; few at once, many a little at a time."""
        self._waiting += lines
        if not self._filling.is_busy:
            self._filling.start(self._fill(), self._on_filled)

    def suggest_lines(self, lines: Sequence[str]) -> None:
        """Put lines here that are all selected: the first key replaces them, or takes them."""
        self._is_suggesting = True
        self.append_lines(lines)

    def turn_to_line(self, number: int) -> None:
        """Put the cursor at the end of a line; counted from 0."""
        cursor = QTextCursor(self.document().findBlockByNumber(number))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        self.setTextCursor(cursor)
        self._show_beginnings()

    def leave(self) -> None:
        """Take nothing more: the dialog is closed, and this field may go at any time."""
        self._is_left = True
        self._filling.stop()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return may_hold_links(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        offer = offer_of(source)
        if offer.files:
            self.files_dropped.emit(list(offer.files))
        if offer.is_long:
            self._is_reading = True
            self._start_task(self._append_read(offer.read_links, source.text()))
            return
        links = offer.read_links()
        if links:
            self._insert_at_cursor(links)
        elif not offer.files:
            self.insertPlainText(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        was_suggesting, self._is_suggesting = self._is_suggesting, False
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if was_suggesting and is_return and self.textCursor().hasSelection():
            self.taken.emit()
        else:
            super().keyPressEvent(event)

    def mark_lines(self, numbers: Sequence[int]) -> None:
        """Underline the lines that cannot be used, the first of very many."""
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wave.setUnderlineColor(QColor(state_colours(self.palette()).failed))
        marks = []
        for number in numbers[:_MAX_MARKS]:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(number))
            mark.cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            mark.format = wave
            marks.append(mark)
        self.setExtraSelections(marks)

    async def _append_read(self, read: Callable[[], list[str]], text: str) -> None:
        """text: what is put there as it stands if no link is in it."""
        try:
            lines = await asyncio.to_thread(read)
        finally:
            self._is_reading = False
        if not self._is_left:
            self.append_lines(lines or text.split("\n"))

    def _insert_at_cursor(self, links: Sequence[str]) -> None:
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        before = cursor.block().text()[: cursor.positionInBlock()].strip()
        after = cursor.block().text()[cursor.positionInBlock() :].strip()
        text = "\n".join(links)
        cursor.insertText(
            ("\n" if before else "") + text + ("\n" if after or len(links) > 1 else "")
        )
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self._show_beginnings()

    def _fill(self) -> Iterator[None]:
        while self._waiting:
            lines = [self._waiting.popleft() for _ in range(min(_LINES_A_STEP, len(self._waiting)))]
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            last = cursor.block().text()
            if last.strip():
                cursor.insertText("\n")
            elif last:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            cursor.insertText("\n".join(lines))
            yield

    def _on_filled(self) -> None:
        if self._is_suggesting:
            self.selectAll()
        else:
            self.moveCursor(QTextCursor.MoveOperation.End)
        self._show_beginnings()
        self.filled.emit()

    def _show_beginnings(self) -> None:
        """Scroll back to where all links begin: ends of long ones tell nothing of the others."""
        self.horizontalScrollBar().setValue(0)

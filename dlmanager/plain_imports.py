"""`import` without PySide's features; import this module after PySide6 and before ours.

PySide puts a function of its own in its place, for the sake of `from __feature__ import ...`. That
reads the source of every module that is imported from then on, and keeps it: 8 MB, and a tenth of
the time until the window shows. Nobody here uses those features.
"""

import builtins

import PySide6.QtCore  # noqa: F401 (it replaces the import)

# There once PySide has replaced it; a version that does no such thing has nothing to give back.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)

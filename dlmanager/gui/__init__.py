"""Widgets: they show the queue and hand the person's wishes to it; no engine logic here."""

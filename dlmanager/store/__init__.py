"""The queue on disk: the only place that knows Peewee, SQLite and the settings file."""

"""dlmanager: a desktop download manager people trust with files they cannot fetch twice."""

__version__ = "0.1.0"

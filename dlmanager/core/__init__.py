"""Pure values and decisions: no Qt, no database, no files, no processes."""

"""Breaks the care service on purpose, on SQLite and on PostgreSQL, and counts what was lost."""

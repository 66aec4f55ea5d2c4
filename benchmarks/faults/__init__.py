"""Breaks the services and what they need on purpose, and counts what was lost and what patients got."""

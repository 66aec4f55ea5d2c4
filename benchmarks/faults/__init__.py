"""Breaks the services and what they need; counts what was lost, and says what patients got."""

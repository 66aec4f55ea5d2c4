"""Findings to assessment: the decision table as data, and the pure code that evaluates it.

Nothing here may read text, open a file at decision time, or know of Rasa, a database or the web.
"""

"""Metrics, log lines and the correlation id that joins them across processes.

No patient text may come in here: labels and fields are codes, names and numbers.
"""

"""Measures the screening and triage on messages they have never seen, and writes the report.

Nothing here may be imported by the product, and no single test message may leave a report folder.
"""

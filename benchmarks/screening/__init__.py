"""How fast screening and triage are. Run as ``python -m benchmarks.screening``.

Measures time and memory only; whether the answers are right is `python -m bot evaluate`.
"""

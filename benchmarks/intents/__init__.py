"""Compares ways to tell intents apart, on the same folds and the same unseen questions.

For decisions, not for the product: nothing here may be imported by ``bot``.
"""

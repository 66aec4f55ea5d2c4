"""Our services beside a stock Rasa project over the same training data, on the same machine.

For figures, not for the product: nothing here may be imported by ``bot``.
"""

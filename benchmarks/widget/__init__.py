"""Measures the chat in a browser: bytes over the wire, and the time from Enter to the answer."""

"""The messaging apps patients write in, one module for each provider around one shared base.

Nothing is believed before its signature is checked, and no address of a patient is written anywhere
in the clear.
"""

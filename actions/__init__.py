"""The custom actions Rasa runs in the care service: one file each, on the base in base.py.

An action reads the conversation, calls bot/, and returns texts and slots. No rule lives here.
"""

"""The doors patients come in by: the web chat, and the guard around every Rasa channel.

No triage, no wording of advice and no business rule may live here.
"""

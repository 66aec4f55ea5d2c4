"""B12 Symptom Check: everything that is not Rasa configuration.

Screening and triage sit at the bottom and may not import Rasa, a database or the web.
"""

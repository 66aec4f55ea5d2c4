"""Measures how long an emergency takes from the patient's message to the nurse's screen."""

"""The plan she takes to her clinician: her own words and dates, as text, a page and a calendar.

It never holds advice, a dose or a result that she did not write; it knows no database and no web.
"""

"""The nurse desk: pages, the API for hospital systems, live updates, and who may come in.

Nothing here may decide a level or send a notification. No page loads anything from elsewhere.
"""

"""The command line: starts, trains, supervises, and reads and writes lines of JSON.

Nothing here may hold clinical or dialogue rules; it only calls the rooms that do.
"""

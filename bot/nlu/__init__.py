"""Rasa graph components, the importer, training and the Rasa server.

The only room that imports rasa's graph classes. No clinical rule and no patient text lives here.
"""

"""Care: the database of episodes and alerts, their delivery, and the service that runs the actions.

Nothing here may draw a page, import Rasa or TensorFlow, or write patient text to a log.
"""

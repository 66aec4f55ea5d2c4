"""The patient page and the chat element: static files that browsers run, without a build step.

Nothing here may load anything from another place, and nothing may need the network to show a number.
"""

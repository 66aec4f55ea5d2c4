"""The patient page and the chat element: static files that browsers run, without a build step.

Nothing here may load anything from another place, or need the network to show a number.
"""

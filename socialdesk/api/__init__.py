"""What holds for every call of /api/v1/: who asks, what a token may, how often, and how an error is told.

The calls themselves stand with their stages: inbox/api, routing/api.py, metrics/api.py. Named by the settings.
"""

"""The inbox's part of /api/v1/. The stages below it have their own; inbox/api/base.py is what all of them share."""

"""A week of an invented company, time compressed: the same posts for every way of giving them out (docs/simulation.md).

Nothing here touches the database: a week is a pure function of its seed and its texts.
"""

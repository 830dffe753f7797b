"""The wrong-audience guard: what a text gives away that must not be public.

Pure Python: no database, no network, no settings. ``find`` never raises, whatever it is given to read.
"""

from inbox.guard.folding import normal
from inbox.guard.passages import traces
from inbox.guard.search import find
from inbox.guard.shapes import Field, Finding, Kind, Level, Protection, Surroundings
from inbox.guard.strangers import indexed

__all__ = ["Field", "Finding", "Kind", "Level", "Protection", "Surroundings", "find", "indexed", "normal", "traces"]

"""What can be counted and proposed of the dialogues. Each room registers its own."""

from .listening import signs as listening  # in the road's order, which is the order on the page

# isort: split
from .transcripts import signs as transcripts

# isort: split
from .consent import signs as consent

# isort: split
from .board import signs as board

__all__ = ["board", "consent", "listening", "transcripts"]

"""What can be counted and proposed of the dialogues. Each room registers its own."""

from .listening import signs as listening

__all__ = ["listening"]

"""担当と引き継ぎ. What is open with a desk is told by each floor and room in a module `desks`."""

from regions.drafts import desks as drafts

__all__ = ["drafts"]

from .paper import jobs as paper

__all__ = ["paper"]

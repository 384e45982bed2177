from .consent import jobs as consent

__all__ = ["consent"]

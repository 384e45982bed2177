"""What of this floor goes out as a file and comes in from one."""

from .files import interviews, voices

__all__ = ["interviews", "voices"]

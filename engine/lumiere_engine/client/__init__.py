"""How a program outside the engine gives it work, with the standard library alone."""

from .local import ask, work

__all__ = ["ask", "work"]

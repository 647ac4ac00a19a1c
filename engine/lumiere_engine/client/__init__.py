"""How a program outside the engine gives it work, with the standard library alone."""

from .connection import Connection
from .engine import EngineClient, new_key, result_of
from .local import ask, work

__all__ = ["Connection", "EngineClient", "ask", "new_key", "result_of", "work"]

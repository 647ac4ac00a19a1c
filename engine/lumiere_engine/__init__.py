"""The engine: everything that touches pixels, and what it says to the outside."""

__version__ = "0.11.0"

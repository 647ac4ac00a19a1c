"""Loops of moving texture: laid over one still, searched, closed."""

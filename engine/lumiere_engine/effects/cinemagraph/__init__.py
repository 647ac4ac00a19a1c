"""A still in which one region lives: from a shot, or from a photograph."""

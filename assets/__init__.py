"""What ships with the project: the demo film, and later the prior's weights."""

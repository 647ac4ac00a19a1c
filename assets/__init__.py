"""What ships with the project: the demo film and the prior's weights."""

"""What the panel shows: views that subscribe to the models."""

"""The panel: an editor selects a clip, draws a mask, sees what will happen, and queues it."""

"""Follow an object through a shot: from masks that were drawn in some frames to one for every frame."""

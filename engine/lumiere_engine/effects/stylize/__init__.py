"""Stylize: a shot in the style of a picture, or of frames that an artist painted."""

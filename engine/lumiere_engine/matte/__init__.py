"""The rendered mask: read it, check it against its plate, grow and feather it."""

"""Pictures in and out: movies and image sequences, frame-exact, in their own samples and colour."""

"""The database's changes, one file each, applied in the order of their numbers and never edited afterwards."""

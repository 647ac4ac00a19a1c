"""The child process that holds the device; nothing imports it, it is run as `python -m lumiere_engine.worker`."""

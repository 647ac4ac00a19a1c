"""The engine process: it owns the queue, the device and the results. Run as `python -m lumiere_engine.service`."""

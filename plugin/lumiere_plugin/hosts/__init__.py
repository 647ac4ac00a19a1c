"""Shims: what runs inside an editing program, in its own Python (3.9 or later), with the standard library alone.

`model` is what a host is to Lumiere, `desk` what is done with any of them; every other page is one host's, and the
only one that knows its API. `lumiere install HOST` copies this package, `lumiere_engine.protocol` and
`lumiere_engine.client` to where the host looks.
"""

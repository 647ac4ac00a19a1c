"""`python -m lumiere_plugin` is `lumiere`."""

from .cli import main

main()

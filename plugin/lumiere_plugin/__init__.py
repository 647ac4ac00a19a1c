"""Where the parts come together: the command line, and later the shims of the hosts."""

"""The bench in a browser, and as an HTTP API: thin layers over the functions that the command line calls."""

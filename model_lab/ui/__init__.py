"""The bench in a browser, and as an HTTP API: faces of the same functions that the command line calls."""

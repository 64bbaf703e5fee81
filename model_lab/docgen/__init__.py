"""Generated pages of the documentation: tables of registered items, coverage, and the findings of a stored run."""

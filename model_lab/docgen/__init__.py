"""The generated pages of the documentation: tables of what is registered, coverage, and the findings of a stored run."""

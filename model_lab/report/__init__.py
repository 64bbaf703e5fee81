"""What people read of a run: the report's pages, plots, tables in the terminal, and exported files."""

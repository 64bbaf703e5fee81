"""What people read: scorecards, the report of a run, and the tables of the documentation."""

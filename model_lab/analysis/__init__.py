"""What the scores of a run say: scorecards, rankings, grades, costs, recommendations and gates, as plain data."""

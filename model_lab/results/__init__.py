"""What a run leaves behind: its schema and the folders it is kept in."""

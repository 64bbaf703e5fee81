"""What is registered: models and their variants, and the problems of what cannot be used."""

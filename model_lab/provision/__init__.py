"""What a machine needs before a model can run on it: environments, weights, system packages, and checks that they are present."""

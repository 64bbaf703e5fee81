"""For authors of models, capabilities and datasets: the common checks and skeletons to start from."""

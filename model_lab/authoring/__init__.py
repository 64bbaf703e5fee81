"""For authors of models, capabilities and datasets: the common checks and the skeletons to start from."""

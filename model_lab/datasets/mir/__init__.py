"""Datasets of mirdata and soundata by name: their loaders, downloads, checksums and annotations."""

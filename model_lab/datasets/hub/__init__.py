"""Public datasets on the Hugging Face hub: what a repository holds, which rows a tier takes, and how its columns become ours.

`fetching.fetch` is the way in. Nothing of a repository is executed: only Parquet files are read, and sound is decoded by our own reader.
"""

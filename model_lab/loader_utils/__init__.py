"""Code that several loaders share: one module for each kind of model. Loaders import it, and recipes that use the same program."""

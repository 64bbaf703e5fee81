"""Small checkpoints of real architectures with random weights: a module per hub model, run in the model's own environment.

A module has ``build(folders)``, which fills the folder of every repository of the model's card as its author published it,
with the model's own library, and ``OPTIONS``, with which it is asked (sizes, and caps that keep nonsense short).
"""

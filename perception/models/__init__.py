"""Learned networks: what they are, how they are trained, saved and loaded. Torch is imported where it is used."""

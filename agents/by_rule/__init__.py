"""Reasoning without a model: the knowledge base, its rules, and what follows from them."""

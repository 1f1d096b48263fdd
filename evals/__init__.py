"""Benchmarks on Inspect: the graph that serves a request is the one that is scored."""

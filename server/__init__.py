"""REST and OpenAI-compatible chat over the same graph that the benchmarks score. Nothing of a clip is logged."""

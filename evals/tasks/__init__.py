"""One file a benchmark: how its data lie, how they are read, who answers, and how that is scored."""

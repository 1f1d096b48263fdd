"""Questions about a report answered by search, without a model."""

"""What can be measured in a clip of people. Knows nothing of language models."""

"""Language models: behind an endpoint or in this process, what they can do, and answers that keep to a schema."""

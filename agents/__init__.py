"""Who reasons: each agent is a prompt, an output schema and the knowledge it may quote."""

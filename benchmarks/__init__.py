"""Speed, memory and overhead, each against a peer or a limit in the same run."""

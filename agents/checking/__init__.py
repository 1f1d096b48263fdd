"""What holds of what was said: checks of claims, how sure they are, votes, and the self-audit."""

"""Clips that show what people do and less of who they are. None of it hides a person from everyone."""

"""Clips that show what people do and less of who they are; nothing here makes anyone anonymous."""

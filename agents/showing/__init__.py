"""What a model is shown of a clip, how much of it fits, and how it is put into messages."""

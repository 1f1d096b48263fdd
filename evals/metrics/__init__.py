"""The field's metrics as pure functions of gold and predicted labels."""

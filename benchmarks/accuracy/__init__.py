"""How right each tool is, against clips and tracks of known truth."""

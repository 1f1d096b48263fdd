"""What the server adds to the product behind it, and whether it stands under load."""

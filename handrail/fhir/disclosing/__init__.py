"""What may leave, on which basis, and what is left out. Pure."""

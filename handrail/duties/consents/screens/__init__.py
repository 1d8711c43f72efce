"""What may leave, how it is agreed to, and what has left, for people."""

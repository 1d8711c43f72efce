"""What a coordinator does here: find an office, ask it, and keep what was said."""

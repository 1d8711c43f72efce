"""What people do with the directory: find, look, confirm, correct, add, tell two entries apart."""

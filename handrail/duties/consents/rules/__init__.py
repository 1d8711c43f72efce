"""What an agreement has to say, the paper it is on, and the account of what has left. Pure."""

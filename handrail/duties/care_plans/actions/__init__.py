"""What a coordinator does here: make a plan, agree on it, review it, follow its progress."""

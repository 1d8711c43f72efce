"""The pages of registration: find somebody, how to reach them, whom we may talk to."""

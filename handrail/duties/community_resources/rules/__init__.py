"""What fits, what is believed and who comes first: decided without a database."""

"""Pure decisions: what answers mean, what is known already, what a person decides about it."""

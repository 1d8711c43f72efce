"""What a coordinator does here: see what was found, decide about it with the person, add a need."""

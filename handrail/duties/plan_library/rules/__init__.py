"""Pure decisions of this room: reading what comes in, changing a plan, comparing two."""

"""Search: hashed tokens in one indexed array and the main date of each resource."""

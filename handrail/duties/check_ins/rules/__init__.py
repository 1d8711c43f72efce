"""The decisions of this room, one module each. Pure: what was typed in, resources out."""

"""The decisions of this room, one module each. Pure: resources in, proposals out."""

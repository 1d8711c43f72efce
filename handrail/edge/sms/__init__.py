"""Text messages out, by a gateway or into a folder."""

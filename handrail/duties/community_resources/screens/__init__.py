"""HTML for people: searching, one service, its form, entries that may be one, a list to print."""

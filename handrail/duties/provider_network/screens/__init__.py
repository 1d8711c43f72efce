"""The pages of this room: find an office, call several, see one, keep what was said."""

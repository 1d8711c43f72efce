"""The verbs of this room: start, save, finish, correct, set aside, take over."""

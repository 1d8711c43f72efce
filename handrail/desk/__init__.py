"""The desk: every open Task, in the order it is due, and the patient page."""

"""Pure decisions: what waits to be sorted, what a form says, what triage makes of it."""

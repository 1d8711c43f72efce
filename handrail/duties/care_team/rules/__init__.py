"""Pure decisions: who is on the team, what the family may know, who is waiting on whom."""

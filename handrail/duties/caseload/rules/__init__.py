"""Pure decisions about a caseload: who fits, who gets whom, and who has no next step."""

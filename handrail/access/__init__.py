"""Who may see and do what, and the proof: principals, roles, care relationship, AuditEvent."""

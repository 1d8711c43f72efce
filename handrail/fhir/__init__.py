"""Words: FHIR R4 datatypes and resources, state machines, Change and When. No Django, no I/O."""

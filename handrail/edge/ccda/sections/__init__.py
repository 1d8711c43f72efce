"""The sections of the body, one module each (HL7 C-CDA R2.1)."""

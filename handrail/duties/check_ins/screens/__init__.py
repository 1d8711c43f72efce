"""HTML for people: the panel for a contact, the contacts of a patient, the minutes, a next step."""

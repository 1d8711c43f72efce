"""HTML for people: Today, the patient, the timeline, and what is done from them."""

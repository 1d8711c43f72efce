"""HTML for people: deciding about needs with somebody, one need, adding one, everybody's."""

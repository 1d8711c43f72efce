"""HTML for people: the list of assessments, the page to fill one in, the library, paper."""

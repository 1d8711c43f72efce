"""HTML for people: the board, one referral, beginning, closing; the page of a receiver."""

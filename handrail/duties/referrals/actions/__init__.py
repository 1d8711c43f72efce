"""The verbs: ask, answer, report, chase, close; and what screens see of referrals."""

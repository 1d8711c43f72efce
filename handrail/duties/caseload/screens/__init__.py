"""The pages of the caseload: the list, programs, giving patients to people, one enrolment."""

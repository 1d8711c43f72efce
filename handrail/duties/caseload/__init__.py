"""Whose patient is this, who should be ours, and whom has nobody looked at?

Programs say whom they are for; everybody who fits is proposed with the reasons, and a supervisor
enrolls and assigns: one by one or many at once, with a preview. Work is balanced by expected
minutes, claimed from a pool, handed over, covered for a colleague. Everybody enrolled has a next
step, a coming visit, or is parked on purpose until a review date; the clock finds who has not.

Writes EpisodeOfCare (one for each patient and program, FHIR R4) and Task (its own kinds, and the
owner of others when a patient is handed over).
"""

"""The individualized plan: goals in the person's own words, steps, agreement, review, progress.

Writes CarePlan, Goal, Condition (barriers), Observation (own ratings) and Task by US Core, the MCC
pattern and SDOH Clinical Care.
"""

"""Needs and strengths: what answers mean, worded and decided with the person.

Writes Condition and Observation by US Core (problems and health concerns) and SDOH Clinical Care,
and the Task to ask again.
"""

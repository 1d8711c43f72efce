"""The care team: who does what, how to reach them, family with the permission they were given.

Writes CareTeam, RelatedPerson and Consent by US Core; tells who is waiting on whom.
"""

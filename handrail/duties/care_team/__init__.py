"""The care team: who does what, how to reach them, family with the permission they were given.

Writes CareTeam, RelatedPerson, Practitioner, Organization and Consent by US Core 7.0.0; tells who
waits on whom from the open Tasks. What the family may know rests on the person's agreement
(45 CFR 164.510(b)); records of substance use treatment need it in writing (42 CFR 2.31).
"""

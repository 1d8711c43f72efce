"""Check-ins: calls, visits and messages: who was reached, what was said, what comes next.

The duty in the coordinator's words: make the contact that is due, write it down once, and leave the
next step behind. What was recorded counts the attempt, keeps the minutes, closes the work it
fulfils, and can be read by any EHR.

Writes Encounter (a two-way contact), Communication (an attempt or a message), DocumentReference
(the note; US Core clinical note) and Task (FHIR R4).
"""

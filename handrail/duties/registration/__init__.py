"""Who is this person, how do we reach them, and who may speak for them?

Finding a person by whatever is at hand (part of a name, a birth date, a phone number, a record
number), keeping the ways to reach them right, and knowing whom we may talk to about them and until
when. What is not known is shown as not known, never guessed. Nobody reaches out to the dead.

Writes Patient, RelatedPerson and EpisodeOfCare (status planned: the first tie to a new person),
following US Core 6.1 Patient and RelatedPerson. Consent to be left a message is our own extension
on ContactPoint, because R4 has no element for it.
"""

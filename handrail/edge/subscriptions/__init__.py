"""Tells other systems what changed: FHIR Subscriptions, by topic (R5 backport) or R4 criteria.

Nothing is added to the way of a write. The notifier follows the hash chain of each organization,
numbers what matches an active subscription, and puts its delivery into the job queue, all in one
transaction. See ``docs/subscriptions.md``.

Sources: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/,
http://hl7.org/fhir/R4/subscription.html.
"""

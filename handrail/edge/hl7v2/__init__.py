"""Hospital messages: HL7 v2 ADT over MLLP becomes changes to the record.

Reads and writes Patient, RelatedPerson and Encounter, and opens a Task for a message that cannot be
understood. The raw message is durable before it is parsed (P4); it is answered ``AA`` only once the
record's commit is durable. Standard: HL7 v2.5.1 chapters 2 and 3, MLLP release 1; the mapping
follows the HL7 v2-to-FHIR guide where that guide speaks.
"""

"""FHIR operations over the record that belong to no room: ``$everything``, ``$validate``, ….

One module an operation; :mod:`handrail.edge.operations.apps` offers them, the FHIR API asks them
(:mod:`handrail.operation`). Source: http://hl7.org/fhir/R4/operationslist.html.
"""

"""Provider directories in: Da Vinci Plan-Net 1.1.0 and the files of NPPES.

Standard: http://hl7.org/fhir/us/davinci-pdex-plan-net (FHIR R4).
"""

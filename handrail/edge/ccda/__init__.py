"""C-CDA documents out of the record: the Care Plan.

Standard: HL7 CDA R2, Consolidated CDA Templates R2.1
(http://www.hl7.org/implement/standards/product_brief.cfm?product_id=492).
"""

"""LegalRuleML 1.0 (OASIS): statements of law in XML, translated to rules in the text format. Pure.

`translate(content)` reads the normal and the compact serialization. XML is read without DTD, entities or anything from outside,
bounded in size, depth and number of elements. What cannot be said in rules is listed with its key, line and reason.
The mapping is a table in docs/law.md.
"""

from governance.lawbook.legalruleml.translate import FORMAT, translate

__all__ = ["FORMAT", "translate"]

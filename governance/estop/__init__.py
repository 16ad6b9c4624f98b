"""The red button: one active stop for a whole tenant or for one system, set by one person, lifted by another.

Verbs: `stop`, `lift`. Read: `queries.active`. The machinery (acknowledgements, drills, in-flight work) comes with its own issue.
"""

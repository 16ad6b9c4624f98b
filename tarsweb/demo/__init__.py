"""The demo: the seeds' tenants and their 90 days of amendments, played through the real verbs with past times.

`prepare` makes what a person needs to sign in; `fill` plays the story in the worker. Both may be repeated, and both go
on where a killed run stopped: a step is done when the ledger holds an entry of its moment, which its verb wrote in its
own transaction. Nothing here has a road of its own into a governed table.
"""

"""The decision inbox: what waits for me, for the team, what I started, what was decided.

Promise: reads through `governance.approvals`, whatever the kind of subject; every view of it is a URL. Deciding happens
on the subject's own page, with its evidence.
"""

"""The decision inbox: what waits for me, for the team, what I started, what was decided.

Promise: reads through `governance.approvals`, whatever the kind of subject; every view of it is a URL. The one verb
here is the review of an override.
"""

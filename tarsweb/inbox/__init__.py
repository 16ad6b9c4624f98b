"""The decision inbox: what waits for me, for the team, what I started, what was decided.

Promise: reads through `governance.approvals`, whatever the kind of subject; every view of it is a URL. A decision in the preview
or in the batch lane runs the same verb as the amendment's own page, once for each amendment.
"""

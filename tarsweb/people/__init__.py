"""The people of a tenant on pages and in the API: who is in it, who is asked in, who stands in for whom, who leaves.

The verbs are `governance.identity`'s; what is waiting for whom comes from `governance.approvals`. Invariant: an invitation's link
is mailed, or shown once to the person who invites, and is stored nowhere.
"""

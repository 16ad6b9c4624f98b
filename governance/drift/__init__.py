"""Where a system stands in the drift machine (seeds/002 3.2): NORMAL, MONITOR, HOLD, RECOVERY, DEGRADED.

Verb: `set_state`. Read: `queries.state_of`. Detection and the machine's own transitions come with their own issue.
"""

"""The first page: what waits for me, what changed, how often changes were undone, and the rows behind every number.

Promise: a few aggregating queries, whatever the number of amendments. One definition of the rollback rate everywhere:
of the amendments applied in a period, the share that was rolled back since.
"""

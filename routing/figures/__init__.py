"""What the figures of the slices above share: how far a rollup reaches, days in UTC, and durations as a histogram.

Promise: a number on a page is a day's rollup plus the rows that are not rolled up yet, so it is exact at its "as of". Rollups are
kept by tasks alone; nothing that a request waits for touches them (docs/figures.md, decision 0018).

Invariants: a row is added to its day in the transaction that moves the mark past it, under the mark's lock; so a killed task, a
task that runs twice and two workers at once change nothing.
"""

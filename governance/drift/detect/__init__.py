"""The detectors of seeds/002 3.1. Pure: numbers in, findings out.

`compare`, `share` and `centroid` hold a metric's latest decisions against its baseline or its floor, on one scale
(`finding`); `shift` watches a stream row by row; `stream` scans a column with any of them.
"""

"""The first run: a checklist on the overview, and a path of 90 seconds through one decision.

The checklist is derived from what the person has really done. Where they are on the path stands in their session; that they do
not want to see the checklist stands in their membership.
"""

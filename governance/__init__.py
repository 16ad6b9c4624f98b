"""THE LAW: who may do what, what was decided, and the proof of it."""

"""THE WORK: request in, governed execution out."""

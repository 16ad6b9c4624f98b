"""THE MIND: learns from the work, proposes changes, watches them."""

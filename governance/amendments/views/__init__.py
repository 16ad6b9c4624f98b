"""Pages of amendments: the list, one amendment with its decisions, proposing, rolling back."""

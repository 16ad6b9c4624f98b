"""What the addresses of the rulebook's pages ask for, and what its forms take."""

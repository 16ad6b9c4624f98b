"""The pages of money: what runs (`board`), one budget, systems, holds, plans, prices, top-ups."""

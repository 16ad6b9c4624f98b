"""THE MONEY: budgets, holds, bargaining, payroll."""

"""Pages of executions: the list with its tail, one execution as a why card, the answers given on it, handing in."""

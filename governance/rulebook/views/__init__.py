"""The rulebook's pages: rules, try a case, saved cases, verdicts, replay."""

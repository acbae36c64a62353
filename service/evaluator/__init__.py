"""From changed readings to spans, verdicts and alert states, in one transaction."""

"""Pure decisions: time, spans, exposure, verdicts. numpy and the standard library only."""

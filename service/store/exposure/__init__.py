"""What the evaluator found about containers."""

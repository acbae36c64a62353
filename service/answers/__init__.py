"""What is asked about lots and containers, answered from what the evaluator stored."""

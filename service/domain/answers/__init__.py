"""The answer: what beside the temperature decides whether a lot may be used, and the one word that follows."""

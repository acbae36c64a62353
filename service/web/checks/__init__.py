"""The pages of the morning check, and of its month on paper."""

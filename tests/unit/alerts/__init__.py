"""The door out: who is told, when and how."""

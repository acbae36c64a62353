"""Morning checks as they were recorded, and the figures that are shown to whoever makes one."""

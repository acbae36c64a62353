"""The rules that raise alerts, and the life of an alert."""

"""Pages of custody and handovers."""

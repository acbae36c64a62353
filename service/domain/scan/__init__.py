"""What a scanned code means: the lot whose label it stands on, or a container or logger."""

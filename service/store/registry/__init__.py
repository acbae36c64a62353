"""What there is: sites, products, profiles, containers, loggers, and which probe is where."""

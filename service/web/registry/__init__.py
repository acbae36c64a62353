"""Pages of what there is: containers, loggers, sites and products, and the forms of the first steps."""

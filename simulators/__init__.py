"""Virtual freezers, shippers and the loggers in them. They know Unbroken only by MQTT and HTTP."""

"""A private Mosquitto and TimescaleDB for one machine: found or installed, started, stopped."""

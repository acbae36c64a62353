"""The door in: MQTT to readings in the store, acknowledged after COMMIT."""

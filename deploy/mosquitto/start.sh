#!/bin/sh
# The broker container of deploy/compose.yaml: who may do what, from the environment, then the broker itself.
# Loggers added to the passwords file by hand stay in it.
set -eu
umask 077

passwords=/mosquitto/data/passwords
touch "$passwords"

# Not as an argument, which everybody sees: as a line of a file, hashed there, in the place of the user's own.
set_password() {
    printf '%s:%s\n' "$1" "$2" > "$passwords.new"
    mosquitto_passwd -U "$passwords.new"
    grep -v "^$1:" "$passwords" >> "$passwords.new" || true
    mv "$passwords.new" "$passwords"
}

set_password unbroken-ingest "$INGEST_PASSWORD"

cat /mosquitto/config/acl > /mosquitto/data/acl
if [ -n "${DEMO_PASSWORD:-}" ]; then
    # `make run` plays every logger and ingest through one address.
    set_password unbroken-demo "$DEMO_PASSWORD"
    printf '\nuser unbroken-demo\ntopic readwrite coldchain/v1/#\ntopic readwrite unbroken/echo/#\n' >> /mosquitto/data/acl
else
    mosquitto_passwd -D "$passwords" unbroken-demo > /dev/null 2>&1 || true
fi

exec mosquitto -c /mosquitto/config/mosquitto.conf

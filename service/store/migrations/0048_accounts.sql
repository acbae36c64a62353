-- People who log in, and the keys of programs and loggers. What is secret stands in tables of its own, of which the audit
-- trail tells nothing; that it was changed, and by whom, the columns `…_at` of the others tell.

-- Never deleted, so that an id means one person for ever; and nobody takes over the login of somebody who left.
CREATE TABLE accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login           text NOT NULL UNIQUE,
    name            text NOT NULL,
    is_demo         boolean NOT NULL DEFAULT false,
    made_at         timestamptz NOT NULL DEFAULT now(),
    password_set_at timestamptz NOT NULL DEFAULT now(),
    code_since      timestamptz,
    unlocked_at     timestamptz,
    deactivated_at  timestamptz
);

CREATE TRIGGER accounts_stay BEFORE DELETE ON accounts EXECUTE FUNCTION refuse_change();

CALL keep_trail('accounts', 'everybody', 'id');

-- code_secret: what the app of their phone makes codes of; new_code_secret: shown to them, and not confirmed by a code yet.
-- code_step: the last half minute of which a code was taken: none is taken twice.
CREATE TABLE credentials (
    account_id      bigint PRIMARY KEY REFERENCES accounts,
    password_hash   text NOT NULL,
    code_secret     text,
    new_code_secret text,
    code_step       bigint NOT NULL DEFAULT 0,
    failures        integer NOT NULL DEFAULT 0,
    failed_at       timestamptz,
    closed_until    timestamptz
);

CREATE TABLE recovery_codes (
    sha256     bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    used_at    timestamptz
);

CREATE INDEX recovery_codes_by_account ON recovery_codes (account_id);

CREATE TABLE sessions (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256         bytea NOT NULL UNIQUE,
    account_id     bigint NOT NULL REFERENCES accounts,
    known_by       text NOT NULL,
    waits_for_code boolean NOT NULL,
    browser        text NOT NULL,
    made_at        timestamptz NOT NULL,
    active_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    ended_at       timestamptz,
    ended_why      text
);

CREATE INDEX sessions_by_account ON sessions (account_id, id);

-- Of an account, or of a logger that sends over HTTP.
CREATE TABLE api_keys (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix     text NOT NULL UNIQUE,
    name       text NOT NULL,
    account_id bigint REFERENCES accounts,
    logger_id  text REFERENCES loggers,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((account_id IS NULL) <> (logger_id IS NULL))
);

CREATE TRIGGER api_keys_stay BEFORE DELETE ON api_keys EXECUTE FUNCTION refuse_change();

CALL keep_trail('api_keys', 'everybody', 'id');

CREATE TABLE key_secrets (
    key_id       bigint PRIMARY KEY REFERENCES api_keys,
    sha256       bytea NOT NULL UNIQUE,
    last_used_at timestamptz
);

-- site_id: NULL for all sites.
CREATE TABLE grants (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint REFERENCES accounts,
    key_id     bigint REFERENCES api_keys,
    role       text NOT NULL,
    site_id    text REFERENCES sites,
    granted_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    CHECK ((account_id IS NULL) <> (key_id IS NULL))
);

CREATE UNIQUE INDEX grants_once ON grants (account_id, key_id, role, site_id) NULLS NOT DISTINCT WHERE revoked_at IS NULL;

CREATE INDEX grants_of_keys ON grants (key_id) WHERE key_id IS NOT NULL;

CALL keep_trail('grants', 'everybody', 'id');

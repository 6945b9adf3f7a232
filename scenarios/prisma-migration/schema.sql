-- As Prisma makes it for the models of schema.prisma before the change, with its own record of what was applied.
CREATE TABLE accounts (
    id      bigserial NOT NULL,
    owner   text NOT NULL,
    balance numeric(14, 2) NOT NULL DEFAULT 0,
    CONSTRAINT accounts_pkey PRIMARY KEY (id)
);

CREATE TABLE transactions (
    id         bigserial NOT NULL,
    account_id bigint NOT NULL,
    amount     numeric(12, 2) NOT NULL,
    created_at timestamp(3) NOT NULL DEFAULT current_timestamp,
    CONSTRAINT transactions_pkey PRIMARY KEY (id)
);

CREATE INDEX transactions_account_id_created_at_idx ON transactions (account_id, created_at);

ALTER TABLE transactions ADD CONSTRAINT transactions_account_id_fkey
    FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE _prisma_migrations (
    id                  varchar(36) PRIMARY KEY NOT NULL,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
);

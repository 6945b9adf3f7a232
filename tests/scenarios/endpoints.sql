CREATE TABLE accounts (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    balance numeric NOT NULL DEFAULT 0
);

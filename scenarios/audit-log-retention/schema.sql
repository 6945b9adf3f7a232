CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    entity_type text NOT NULL,
    entity_id   bigint NOT NULL,
    actor_id    bigint NOT NULL,
    changes     jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- Every unique key of a partitioned table must hold the column that it is partitioned by.
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);

CREATE INDEX audit_log_entity ON audit_log (entity_type, entity_id, created_at);

-- Two years that end with the month in which the data end (what a seed calls `now`), and the month after it. What is
-- older is in the first.
DO $$
DECLARE
    month timestamptz := date_trunc('month', current_setting('shakedown.as_of')::timestamptz) - interval '23 months';
BEGIN
    EXECUTE format('CREATE FUNCTION too_old() RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN timestamptz %L', month + interval '1 month');
    EXECUTE format('CREATE TABLE audit_log_oldest PARTITION OF audit_log FOR VALUES FROM (MINVALUE) TO (%L)', too_old());
    FOR number IN 1..24 LOOP
        month := month + interval '1 month';
        EXECUTE format('CREATE TABLE audit_log_%s PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'), month, month + interval '1 month');
    END LOOP;
END
$$;

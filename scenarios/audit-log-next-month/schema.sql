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

-- A year that ends with the month in which the data end (what a seed calls `now`), and the one after it.
DO $$
DECLARE
    month timestamptz := date_trunc('month', current_setting('shakedown.as_of')::timestamptz) - interval '12 months';
BEGIN
    FOR number IN 1..14 LOOP
        EXECUTE format('CREATE TABLE audit_log_%s PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'), month, month + interval '1 month');
        month := month + interval '1 month';
    END LOOP;
    -- The first moment for which there is no month yet.
    EXECUTE format('CREATE FUNCTION end_of_log() RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN timestamptz %L', month);
END
$$;

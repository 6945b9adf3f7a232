CREATE TABLE tenants (
    id            bigint PRIMARY KEY,
    name          text NOT NULL,
    time_tracking boolean NOT NULL                       -- what one tenant enables and another does not is data, not schema
);

-- The tenant leads every key, and every reference carries it: a task cannot belong to another tenant's project.
CREATE TABLE projects (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id        bigint NOT NULL,
    name      text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE tasks (
    tenant_id  bigint NOT NULL,
    id         bigint NOT NULL,
    project_id bigint NOT NULL,
    title      text NOT NULL,
    done       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects
);

CREATE INDEX tasks_project ON tasks (tenant_id, project_id);

CREATE TABLE comments (
    tenant_id bigint NOT NULL,
    id        bigint NOT NULL,
    task_id   bigint NOT NULL,
    body      text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks
);

CREATE INDEX comments_task ON comments (tenant_id, task_id);

-- The role of the application.
DO $$
BEGIN
    CREATE ROLE app;
EXCEPTION WHEN duplicate_object THEN
    NULL;                                                -- roles belong to the server, and outlive a database
END
$$;

GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;

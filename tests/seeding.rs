//! What the language says of data holds in the database, by the server's own count: the checks of one run.

mod support;

use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "
    CREATE TABLE tenants (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE projects (id bigint PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants, region text NOT NULL);
    CREATE TABLE tasks (id bigserial PRIMARY KEY, tenant_id bigint NOT NULL, region text NOT NULL,
        project_id bigint NOT NULL REFERENCES projects);
    CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, login varchar(12) NOT NULL UNIQUE);
    CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);
    CREATE TABLE order_lines (order_id bigint NOT NULL REFERENCES orders, line int NOT NULL, PRIMARY KEY (order_id, line));
    CREATE TABLE parcels (id bigserial PRIMARY KEY, order_id bigint REFERENCES orders, number int NOT NULL);
    ALTER TABLE projects ADD UNIQUE (tenant_id, id);
    CREATE TABLE accounts (id bigint, tenant_id bigint NOT NULL REFERENCES tenants, PRIMARY KEY (tenant_id, id));
    CREATE TABLE bookings (id bigserial PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants,
        account_id bigint NOT NULL, project_id bigint NOT NULL,
        FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id),
        FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id));
    CREATE TABLE settings (user_id bigint PRIMARY KEY REFERENCES users, dark boolean);";

const SCENARIO: &str = "
name: All that a seed can say
seed:
  tenants:  { rows: 100 }
  projects: { rows: 2k, columns: { tenant_id: { key: tenants, skew: 60% on 1 } } }
  tasks:
    rows: 20k
    columns:
      project_id: { key: projects, skew: zipf 1.2 }
      tenant_id:  { from: project_id.tenant_id }
      region:     { from: project_id.region }
  accounts: { columns: { tenant_id: { key: tenants, children: 8 } } }
  bookings: { rows: 10k, columns: { project_id: { key: projects, skew: zipf 1.1 } } }
  users:  { rows: 10k }
  orders: { rows: 5k, columns: { user_id: { key: users, skew: zipf 1.1 } } }
  order_lines: { columns: { order_id: { key: orders, children: 3 }, line: { number_within: order_id } } }
  parcels: { columns: { order_id: { key: orders, children: { uniform: [0, 4] } }, number: { number_within: order_id } } }
  settings: { rows: 1k, columns: { dark: { choice: { true: 1, null: 3 } } } }
pools: { web: { connections: 4 } }
traffic:
  task:
    pool: web
    rate: 50/s
    parameters: { task: { key: tasks, skew: zipf 1.1 } }
    steps: [ { sql: 'SELECT 1 FROM tasks WHERE id = :task AND tenant_id = :task.tenant_id AND region = :task.region', expect: 1 row } ]
phases: { warmup: 1s, measure: 2s }
steady: false
variants: { once: {} }
checks:
  a task has the tenant and the region of its project: SELECT bool_and(t.tenant_id = p.tenant_id AND t.region = p.region) FROM tasks t JOIN projects p ON p.id = t.project_id
  six of ten projects are the first tenant's: SELECT count(*) FILTER (WHERE tenant_id = 1) BETWEEN 1100 AND 1300 FROM projects
  some projects are far more popular than others: SELECT max(n) > 20 * avg(n) AND count(*) > 200 FROM (SELECT count(*) AS n FROM tasks GROUP BY project_id) each
  each order has lines 1, 2 and 3: SELECT count(*) = 5000 AND bool_and(lines = ARRAY[1, 2, 3]) FROM (SELECT array_agg(line ORDER BY line) AS lines FROM order_lines GROUP BY order_id) each
  an order has up to four parcels, numbered without a gap: SELECT max(most) = 4 AND bool_and(most = n) AND count(*) BETWEEN 3700 AND 4300 FROM (SELECT max(number) AS most, count(*) AS n FROM parcels GROUP BY order_id) each
  bookings go to most accounts and follow the popular projects: SELECT count(DISTINCT account_id) > 600 AND max(n) > 500 FROM (SELECT account_id, count(*) OVER (PARTITION BY project_id) AS n FROM bookings) each
  no address comes twice: SELECT count(DISTINCT lower(email)) = 10000 AND bool_and(email LIKE '%_@_%._%') FROM users
  a key that refers comes once: SELECT count(DISTINCT user_id) = 1000 FROM settings
  three of four do not say: SELECT count(*) FILTER (WHERE dark IS NULL) BETWEEN 680 AND 820 AND bool_and(dark) FROM settings
";

#[test]
fn what_a_seed_says_holds_in_the_database() {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = rehearsal.run(&[]);
    assert!(matches!(output.status.code(), Some(0 | 1 | 4)), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let round = &result.variants[0].rounds[0];
    assert_eq!(round.checks.len(), 9);
    for check in &round.checks {
        assert!(check.held, "{}: {}", check.name, check.answer);
    }
    let rows = |name: &str| result.seed.tables.iter().find(|table| table.name == name).map(|table| table.rows);
    assert_eq!((rows("order_lines"), rows("tasks")), (Some(15_000), Some(20_000)));
    let errors: u64 = round.operations[0].phases.iter().map(|phase| phase.account.errors()).sum();
    assert_eq!(errors, 0, "each drawn row is there, with all its columns\n{}", said(&output));
}

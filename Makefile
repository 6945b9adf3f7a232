# Two commands do everything: `make demo` rehearses a migration, `make test` proves the program; `make bench` says how fast it is.
# Both install what is missing on Debian; elsewhere they say what to install.

.PHONY: demo test bench claims postgresql python node

demo: postgresql
	cargo run --release --locked -- run scenarios/add-memo.yaml

test: postgresql python node
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
	cargo test --locked

# All of it takes some five minutes; PARTS="traffic --long" and the like choose.
bench: postgresql
	cargo bench --locked --bench speed -- $(PARTS)

# What the case studies claim, measured at full size: an hour or two. RUNS="create-index" and the like choose.
claims: postgresql python node
	cargo bench --locked --bench claims -- $(RUNS)

# A C compiler for the one dependency that holds assembler, and a server of any version in the usual places.
postgresql:
	@if ! command -v cc >/dev/null || ! { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; } >/dev/null 2>&1; then \
		command -v apt-get >/dev/null || { echo "install PostgreSQL and a C compiler first (dnf install postgresql-server gcc, brew install postgresql)" >&2; exit 1; }; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends gcc libc6-dev postgresql; \
	fi

# For applications under test and for tools that migrate, whose packages come from PyPI.
python:
	@if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then \
		command -v apt-get >/dev/null || { echo "install Python 3.10 or later, with venv, first" >&2; exit 1; }; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv; \
	fi

# For tools that migrate, whose packages come from npm.
node:
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		command -v apt-get >/dev/null || { echo "install Node.js 18 or later, with npm, first" >&2; exit 1; }; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm; \
	fi

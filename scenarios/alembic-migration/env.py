"""As `alembic init` writes it, without what nobody uses here."""

import os

import psycopg
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

# libpq's own words for an address, sockets among them.
engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(os.environ["DATABASE_URL"]),
    poolclass=NullPool,
)

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

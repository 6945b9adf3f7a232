"""Find a transaction by its reference."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_index("transactions_reference", "transactions", ["reference"])

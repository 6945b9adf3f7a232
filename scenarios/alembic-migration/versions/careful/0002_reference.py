"""Find a transaction by its reference."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    # Ends the transaction that Alembic has opened, and opens another one afterwards: put nothing else into a revision
    # that does this, for it could not be undone together.
    with op.get_context().autocommit_block():
        op.create_index("transactions_reference", "transactions", ["reference"], postgresql_concurrently=True)

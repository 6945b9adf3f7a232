"""The tables as they are."""

revision = "0001"
down_revision = None


def upgrade():
    """Long done: the database says that it is at this revision."""

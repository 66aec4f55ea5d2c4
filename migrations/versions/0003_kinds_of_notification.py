"""Deliveries say what they are about: an alert, a reminder, or a patient who went silent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("kind", sa.String(length=16), nullable=False, server_default="alert"),
    )

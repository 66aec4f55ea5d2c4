"""What she wrote and what was found in it is encrypted, in the rows that exist as well.

There is no way down: going back means restoring a backup.
"""

import json

import sqlalchemy as sa
from alembic import op

from bot.encryption import encrypt

revision = "0004"
down_revision = "0003"

_BATCH = 500


def upgrade() -> None:
    sealed_text = sa.column("text", sa.Text())
    summary, findings = sa.column("summary", sa.Text()), sa.column("findings", sa.JSON())
    _seal("messages", {sealed_text: encrypt})
    _seal(
        "assessments",
        {summary: encrypt, findings: lambda value: encrypt(json.dumps(value))},
    )


def _seal(name, columns):
    """Replace the values of columns in batches, so that memory does not grow with the table."""
    connection, last = op.get_bind(), 0
    rows = sa.table(name, sa.column("id", sa.Integer()), *columns)
    while True:
        batch = connection.execute(
            rows.select().where(rows.c.id > last).order_by(rows.c.id).limit(_BATCH)
        ).all()
        if not batch:
            return
        for row in batch:
            values = {
                column.name: seal(row._mapping[column.name]) for column, seal in columns.items()
            }
            connection.execute(rows.update().where(rows.c.id == row.id).values(values))
        last = batch[-1].id

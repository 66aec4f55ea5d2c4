"""Nurses at work: ladders, notes, take-over, outcomes, words to the patient, check-ins, plans.

There is no way down: going back means restoring a backup, because dropping these tables would
drop what nurses wrote.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table("patients") as patients:
        patients.add_column(sa.Column("address", sa.Text(), nullable=True))
        patients.add_column(_moment("consent_at"))
    with op.batch_alter_table("episodes") as episodes:
        episodes.add_column(sa.Column("taken_over_by", sa.String(length=80), nullable=True))
        episodes.add_column(_moment("taken_over_at"))
    _widen_alerts()
    _create_ladder_steps()
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(sa.Column("step_id", sa.Integer(), nullable=True))
        deliveries.create_foreign_key(
            op.f("fk_deliveries_step_id"), "ladder_steps", ["step_id"], ["id"]
        )
    _create_notes()
    _create_outgoing_messages()
    _create_check_ins()
    _create_plans()
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("revoked_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )


def _widen_alerts() -> None:
    # Added one by one, not in batch mode, which would copy the table: other tables refer to it.
    for column in (
        _moment("acknowledged_until"),
        _moment("reminded_at"),
        sa.Column("highest_level", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("assigned_to", sa.String(length=80), nullable=True),
        _moment("assigned_at"),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("resolved_by", sa.String(length=80), nullable=True),
        _moment("resolved_at"),
        sa.Column("ladder", sa.JSON(), nullable=True),
        sa.Column("ladder_round", sa.Integer(), nullable=False, server_default="0"),
        _moment("silent_since"),
    ):
        op.add_column("alerts", column)
    op.execute("UPDATE alerts SET highest_level = level")
    # What was closed before was resolved by whoever closed it.
    for column in ("outcome", "closed_by", "closed_at"):
        target = column.replace("closed", "resolved")
        op.execute(
            f"UPDATE alerts SET {target} = (SELECT {column} FROM episodes "
            "WHERE episodes.id = alerts.episode_id)"
        )


def _create_ladder_steps() -> None:
    op.create_table(
        "ladder_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("planned_at", nullable=False),
        _moment("sent_at"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_ladder_steps_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_steps")),
        sa.UniqueConstraint("alert_id", "round", "number", name=op.f("uq_ladder_steps_alert_id")),
    )
    op.create_index(op.f("ix_ladder_steps_alert_id"), "ladder_steps", ["alert_id"])
    op.create_index("ix_ladder_steps_due", "ladder_steps", ["state", "due_at"])


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("nurse", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _moment("at", nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_notes_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_alert_id"), "notes", ["alert_id"])


def _create_outgoing_messages() -> None:
    op.create_table(
        "outgoing_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("author_name", sa.String(length=80), nullable=True),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        _moment("claimed_until"),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        _moment("created_at", nullable=False),
        _moment("finished_at"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_outgoing_messages_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_messages_key")),
    )
    op.create_index(op.f("ix_outgoing_messages_patient_id"), "outgoing_messages", ["patient_id"])
    op.create_index("ix_outgoing_messages_due", "outgoing_messages", ["state", "due_at"])


def _create_check_ins() -> None:
    op.create_table(
        "check_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("episode_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text_key", sa.String(length=80), nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("created_at", nullable=False),
        _moment("sent_at"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_check_ins_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name=op.f("fk_check_ins_episode_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
    )
    op.create_index(op.f("ix_check_ins_patient_id"), "check_ins", ["patient_id"])
    op.create_index(op.f("ix_check_ins_episode_id"), "check_ins", ["episode_id"])
    op.create_index("ix_check_ins_due", "check_ins", ["state", "due_at"])


def _create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("shared_with_nurse", sa.Boolean(), nullable=False),
        _moment("updated_at", nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_plans_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_plans_patient_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_plans_token_hash")),
    )

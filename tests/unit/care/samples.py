"""An emergency to raise alerts with."""

from bot.care.alerts import raise_alert
from bot.triage.vocabulary import Assessment, Context, Finding, Level, Subtype

TEXT = "20 min after my jab my lips went puffy and i cant stop wheezing"
LIPS = TEXT.index("lips went puffy")
WHEEZE = TEXT.index("wheezing")
EMERGENCY = Assessment(
    level=Level.EMERGENCY_NOW,
    subtype=Subtype.ALLERGIC,
    rules=("C-02", "WAO-1"),
    findings=(
        Finding("SK-03", LIPS, LIPS + len("lips went puffy"), "lips went puffy"),
        Finding("BR-02", WHEEZE, WHEEZE + len("wheezing"), "wheezing"),
    ),
    summary="Lip swelling and wheeze 20 minutes after an injection.",
)
CONTEXT = Context(minutes_since_injection=20, weeks_pregnant=33)


def raise_sample(session, *, conversation_id="one", level=Level.EMERGENCY_NOW, **changes):
    arguments = {
        "conversation_id": conversation_id,
        "channel": "web",
        "level": level,
        "subtype": Subtype.ALLERGIC,
        "assessment": EMERGENCY,
        "text": TEXT,
        "context": CONTEXT,
        **changes,
    }
    return raise_alert(session, **arguments)

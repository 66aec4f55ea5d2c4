"""What patients get while something is broken: a question and an emergency at the web channel."""

import dataclasses
import time
from typing import Callable

from benchmarks.faults.clinic import EMERGENCY, QUESTION, Answer, Clinic, Patient
from benchmarks.faults.world import wait_for
from bot.care import database
from bot.care.alerts import list_alerts

#: The longest a patient may wait for an answer while something is broken, and while a process that
#: died with her message in its hands is started again, in seconds.
WAIT, RESTART_WAIT = 20.0, 120.0
#: Seconds after the end of the fault within which the alert has to be there.
ALERT_SECONDS = 180.0


@dataclasses.dataclass(frozen=True)
class Seen:
    """One line of the table."""

    fault: str
    where: str
    question: Answer
    emergency: Answer
    alert: str
    afterwards: Answer
    longest: float

    @property
    def ok(self) -> bool:
        waits = (self.question.seconds, self.emergency.seconds, self.afterwards.seconds)
        return (
            self.question.kind in ("answer", "safe text")
            and self.emergency.kind == "emergency text"
            and self.afterwards.kind == "answer"
            and max(waits) <= self.longest
            and not self.alert.startswith("NO")
        )


def seen(
    clinic: Clinic,
    fault: str,
    begin: Callable[[], object],
    end: Callable[[], object],
    *,
    question: str = QUESTION,
    emergency: str = EMERGENCY,
    longest: float = WAIT,
) -> Seen:
    """Break with ``begin``, let patients write, mend with ``end``; return what they saw."""
    asks, suffers = Patient(clinic.settings), Patient(clinic.settings)
    asks.writes("hello")
    suffers.writes("hello")
    # What the fault before left behind, such as events that wait to be stored, is over.
    wait_for(clinic.is_whole, "everything to work again", ALERT_SECONDS)
    begin()
    try:
        asked, urgent = asks.writes(question), suffers.writes(emergency)
        at_once = _alert_known(clinic, suffers)
    finally:
        end()
    mended = time.monotonic()
    alert = "while it was broken" if at_once else _alert(clinic, suffers, mended)
    return Seen(fault, clinic.name, asked, urgent, alert, asks.writes(QUESTION), longest)


def _alert_known(clinic: Clinic, patient: Patient) -> bool:
    try:
        return clinic.alert_of(patient)
    except Exception:
        # The database itself is what is broken.
        return False


def _alert(clinic: Clinic, patient: Patient, since: float) -> str:
    try:
        wait_for(lambda: _alert_known(clinic, patient), "an alert", ALERT_SECONDS)
    except TimeoutError:
        return "NO ALERT"
    seconds = time.monotonic() - since
    try:
        wait_for(lambda: _notified(clinic, patient), "a notification", ALERT_SECONDS)
    except TimeoutError:
        return "NO NOTIFICATION"
    return f"{seconds:.0f} s after it"


def _notified(clinic: Clinic, patient: Patient) -> bool:
    with database.reading(clinic.direct) as session:
        ids = {
            alert.id
            for alert in list_alerts(session, include_closed=True, limit=100_000)
            if alert.episode.patient.conversation_id == patient.conversation
        }
    return bool(ids & set(clinic.receiver.first_at))

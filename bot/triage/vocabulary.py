"""The words that screening and triage share: levels, assertions, findings and stated facts.

Screening fills these in, the decision table reads them. A new attribute is added here first,
so that the table's validation can name a row that uses a word nobody produces.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple


class Level(enum.IntEnum):
    """Triage level, ordered so that ``max`` is the safer one (triage.md section 1)."""

    SELF_CARE = 1
    ROUTINE = 2
    URGENT_SAME_DAY = 3
    EMERGENCY_NOW = 4


class Subtype(str, enum.Enum):
    """What kind of trouble; chooses the wording, never the level (triage.md section 1)."""

    ALLERGIC = "ALLERGIC"
    CARDIORESP = "CARDIORESP"
    NEURO = "NEURO"
    OBSTETRIC = "OBSTETRIC"
    MENTAL_HEALTH_CRISIS = "MENTAL_HEALTH_CRISIS"
    INFECTION = "INFECTION"
    LOCAL = "LOCAL"
    OTHER = "OTHER"


class Assertion(str, enum.Enum):
    """How a finding was stated (triage.md section 9).

    An uncertain statement ("a bit", "maybe") is PRESENT with the attribute ``uncertain``.
    """

    PRESENT = "present"
    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"
    HISTORICAL = "historical"
    RESOLVED = "resolved"


class Experiencer(str, enum.Enum):
    """Whose finding it is (triage.md section 9.4). A child or baby is OTHER with ``child``."""

    PATIENT = "patient"
    OTHER = "other"


#: Every attribute a finding may carry, with what it means. The decision table may test only these.
ATTRIBUTES: Mapping[str, str] = {
    # how sure, whose
    "uncertain": "hedged: maybe, a bit, kind of (counts as present)",
    "child": "the person affected is a baby or child (O-04)",
    "unborn": "told about the unborn baby, and no obstetric row fits (O-04)",
    "group": "a statement about people in general (O-05)",
    # course
    "now": "stated to be happening at this moment",
    "ongoing": "not going away, will not stop, constant since it began",
    "intermittent": "comes and goes, on and off, more than one spell, again and again",
    "single_brief": "one spell of seconds to a few minutes",
    "sudden": "began suddenly or out of nowhere",
    "worse": "getting worse or spreading",
    "improving": "getting better but still there",
    "unchanged": "stated to be the same as before the injections or as always",
    "long_standing": "there for weeks, months or years, or 'usual'",
    "new": "stated to be new, started recently or not known before",
    "returned": "came back, again, returned",
    "before_injection": "stated to have begun before the (first) injection",
    "since_injection": "linked by her to the injection",
    "on_standing": "only on standing up",
    "on_effort_only": "only on stairs, walking, running, never at rest",
    "effort_explained": "out of breath from an effort that explains it, fine now (C-25)",
    "explained": "she gives a harmless outside cause (shampoo, stretching skin)",
    "with_cold": "came with a cold or usual pregnancy stuffiness",
    "seen_by_clinician": "a clinician has already seen and dealt with it",
    "after_remedy": "went away after an antihistamine, inhaler or rest (G-11)",
    "night": "worse at night",
    # severity and amount
    "mild": "a bit, slight, little",
    "severe": "bad, terrible, unbearable, can't function",
    "constant": "there all the time, does not let up",
    "worst_ever": "the worst of her life",
    "at_peak_in_seconds": "at its worst within seconds",
    "lasting": "still there after rest, water and usual pain relief, or for a day or more",
    "heavy": "heavy bleeding or blood running, soaking",
    "light": "spotting, light, only on wiping",
    "clots": "passing clots",
    "amount_unknown": "bleeding whose amount was not said",
    "repeated": "two or more times",
    # place
    "at_site": "only at or around the injection spot",
    "widespread": "all over, or in several places away from the spot",
    "localised": "in one place away from the spot",
    "face": "on the face",
    "lips_mouth": "on lips, mouth, tongue or throat",
    "palms_soles": "on palms or soles",
    "one_side": "one side or one limb only",
    "itchy": "stated to itch",
    "spreading": "redness or swelling that spreads from the spot",
    "hot": "hot to the touch",
    "pus": "leaking pus, or a hard hot lump, or red streaks",
    "dark": "black, purple or blistered skin at the spot",
    # baby and birth
    "none_at_all": "no movement at all, or stopped moving",
    "never_felt": "movements never felt so far",
    "coloured": "green or brown fluid",
    "cord": "cord felt or seen",
    "regular": "at regular intervals",
    # mind
    "plan_or_intent": "a plan, intent, means or act of self-harm",
    "no_plan": "states that there is no plan",
    "no_intent": "states that there is no intent",
    "company": "states that someone is with her",
    "intrusive": "unwanted, distressing thoughts without intent",
    "cannot_cope": "can't cope, not eating or sleeping, unsafe",
    "repeated_worry": "worry that repeats, stops sleep or daily life, or asks for help",
    "danger_now": "in danger at this moment",
    # treatment
    "nsaid": "the medicine is an NSAID",
    "repeated_use": "taken for more than 48 hours or again and again",
    "over_pack": "more than the pack allows",
    "on_purpose": "taken to harm herself",
    "b12": "the earlier reaction was to a B12 injection",
    "other_trigger": "the earlier reaction was to another drug, a vaccine or food",
    "unnamed_injection": "the earlier reaction was to 'a shot', not said which",
    "nickel_only": "the allergy is to nickel only",
    "blood_thinner": "takes a blood thinner",
    "dizzy_with": "told together with dizziness",
    "breathing_ok": "states that breathing is fine (BR-08)",
    "bothersome": "bothers her more than usual (GI-08)",
    "feels_hot": "feels hot and has not measured the temperature (IN-02)",
    "painful": "with pain (OB-13)",
    "mood": "the feared event is about mood, not the body (Q-04)",
    "sleepy_only": "long-standing brain fog or tiredness, awake and clear",
}


@dataclass(frozen=True)
class Ago:
    """When something was, in minutes before the message: between ``least`` and ``most``.

    ``most`` is None when only a lower bound is known ("more than a week ago").
    """

    least: float
    most: Optional[float]


@dataclass(frozen=True)
class Finding:
    """One thing the text says about somebody's body, mind or treatment.

    ``key`` is a row of triage.md section 6 (``AW-01``) or a statement a rule names directly
    (``G-10`` adrenaline pen, ``G-12`` call for help, ``G-13`` asks for a human, ``RM-02`` asthma).
    ``start`` and ``end`` are character offsets into the text as she wrote it.
    ``when`` is when the symptom was last there (resolved) or began (present), if she said.
    ``values`` holds measurements: ``systolic``, ``diastolic`` (mmHg), ``celsius``, ``spo2`` (%),
    ``usual_systolic`` (mmHg, NF-3), ``heart_rate`` (beats a minute), ``count`` (times),
    ``count_hours`` (within how many hours).
    """

    key: str
    start: int
    end: int
    text: str
    assertion: Assertion = Assertion.PRESENT
    experiencer: Experiencer = Experiencer.PATIENT
    attributes: frozenset = frozenset()
    when: Optional[Ago] = None
    values: Mapping[str, float] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, self.start, self.end, self.assertion, self.experiencer))


@dataclass(frozen=True)
class StatedFacts:
    """What a message says about the circumstances. None means not said.

    Times are minutes. ``since_injection`` is an interval because patients write "yesterday".
    ``injection_given`` is False for "not had it yet" and "no injections for half a year" alike is
    ``since_injection`` with a large ``least``.
    """

    since_injection: Optional[Ago] = None
    injection_given: Optional[bool] = None
    until_next_injection: Optional[Ago] = None
    weeks_pregnant: Optional[float] = None
    postpartum: bool = False
    not_pregnant: bool = False
    nothing_else: bool = False
    general_question: bool = False
    figurative: bool = False
    unsupported_language: Optional[str] = None
    readable: bool = True


@dataclass(frozen=True)
class Screening:
    """Everything read from one message: findings in text order, and the stated facts."""

    findings: Tuple[Finding, ...] = ()
    facts: StatedFacts = StatedFacts()


@dataclass(frozen=True)
class Context:
    """What is known besides this message, from the record or earlier in the episode.

    None or empty means unknown and is read the safe way (G-07): time unknown counts as within 24
    hours, weeks unknown as 20 or more.
    """

    minutes_since_injection: Optional[float] = None
    injection_recorded: Optional[bool] = None
    minutes_until_next_injection: Optional[float] = None
    weeks_pregnant: Optional[float] = None
    postpartum: bool = False
    symptom_contacts_48h: int = 1
    risk_modifiers: frozenset = frozenset()
    known_allergens: frozenset = frozenset()
    earlier_reaction: bool = False
    early_treatment: Optional[bool] = None
    severe_anaemia: bool = False
    questions_asked: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """The decision on one message or episode (triage.md section 11).

    ``level`` is None where the policy sets none (information questions, idioms). ``rules`` are ids
    of triage.md, the deciding one first. ``question`` is the id of the next question to ask
    (``U-01``, ``8.1-H1``), or None, and ``action_line`` says whether it must be shown under the
    urgent action line (G-08). ``summary`` is one plain sentence for the nurse.
    """

    level: Optional[Level]
    subtype: Optional[Subtype]
    rules: Tuple[str, ...] = ()
    findings: Tuple[Finding, ...] = ()
    question: Optional[str] = None
    action_line: bool = False
    flags: Tuple[str, ...] = ()
    summary: str = ""

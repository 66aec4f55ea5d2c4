"""What the running product answers: the reading of the classifier, then all that decides after it.

A sore arm is a symptom because the screen finds it, whatever the classifier guessed, and a question
on numbing cream is answered by a single question below its topic. Both count as right here, and a
question that the screen takes for a symptom counts as wrong.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Callable, List, Sequence, Tuple

from bot.evaluation.intents import OUT_OF_SCOPE, Question, Reading
from bot.nlu.memory import FALLBACK, Guess, Memory
from bot.nlu.several import ask_each
from bot.nlu.single_questions import SINGLE_QUESTION, topics_of, with_single_questions
from bot.nlu.turn import SAFETY_INTENTS, read_turn

Rank = Callable[[str], List[Tuple[str, float]]]
#: The two intents of the data that only the screen answers.
_SYMPTOMS = frozenset({"report_symptom", "report_red_flag"})
#: Answers about the service itself, which the data calls out of scope.
_SERVICE = frozenset({"service_request", "stop_messages", "no_words"})


def answer_all(
    questions: Sequence[Question], rank: Rank, first: Rank, threshold: float
) -> List[Reading]:
    """Return each question with the intent that the rules answer, at first contact.

    ``rank`` is the whole reading of a text, ``first`` the first reading alone, which also reads the
    parts of a message; below ``threshold`` nothing is guessed.
    """
    return [_answer(question, rank, first, threshold) for question in questions]


def _answer(question: Question, rank: Rank, first: Rank, threshold: float) -> Reading:
    ranking = rank(question.text)
    names = tuple(name for name, _ in ranking)
    sure = ranking[0][1] >= threshold
    asked = [each.as_plain() for each in ask_each(question.text, first)]
    guess = Guess(
        names[0] if sure else FALLBACK,
        dict(ranking).get("report_red_flag", 0.0),
        ranking=names,
        questions=tuple(str(each["intent"]) for each in asked),
    )
    guess = with_single_questions(question.text, guess, asked)
    turn = read_turn(question.text, guess, Memory(), datetime.now(timezone.utc))
    intents = {turn.intent, *turn.slots.get("notices", ()), *turn.slots.get("also_asked", ())}
    if turn.intent == SINGLE_QUESTION:
        intents |= topics_of(turn.slots["topic"])
    for name in tuple(intents):
        intents |= topics_of(name)
    if turn.intent in SAFETY_INTENTS:
        intents |= _SYMPTOMS
    if turn.intent in _SERVICE:
        intents.add(OUT_OF_SCOPE)
    right = sorted(intents & question.right)
    return Reading(question, right[0] if right else turn.intent, 1.0)

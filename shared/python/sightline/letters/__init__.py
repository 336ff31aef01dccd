"""Dead letters: records of events that failed, kept with their reason until they are dealt with."""

from sightline.letters.attempt import Act, Failure, attempt
from sightline.letters.drain import Drained, Queue, drain
from sightline.letters.letter import Letter, State
from sightline.letters.letters import Letters
from sightline.letters.patience import Patience
from sightline.letters.redrive import Redriven, redrive

__all__ = ["Act", "Drained", "Failure", "Letter", "Letters", "Patience", "Queue", "Redriven", "State", "attempt", "drain", "redrive"]

"""Who may start a job, and when: slots, a waiting line, a pause for all after the service was busy, and daily budgets."""

from sightline.line.budget import Budget
from sightline.line.line import Line, Outlook
from sightline.line.pace import Pace
from sightline.line.slots import Holder, Slots
from sightline.line.waiting import Place, WaitingLine

__all__ = ["Budget", "Holder", "Line", "Outlook", "Pace", "Place", "Slots", "WaitingLine"]

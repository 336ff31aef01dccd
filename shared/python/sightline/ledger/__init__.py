"""What has happened to a media: facts in one order, appended once and never changed."""

from sightline.ledger.facts import Fact, FactKind
from sightline.ledger.ledger import Journal, Ledger, until_unchanged
from sightline.ledger.story import Stage, Story, tell

__all__ = ["Fact", "FactKind", "Journal", "Ledger", "Stage", "Story", "tell", "until_unchanged"]

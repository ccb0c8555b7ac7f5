"""Curation: which draws of the last model reach the training set. One file each; a new one needs its export line here."""

from madtheory.curation._curation import Curation as Curation
from madtheory.curation._curation import Selection as Selection
from madtheory.curation.acceptance import Acceptance as Acceptance
from madtheory.curation.best_of import BestOf as BestOf
from madtheory.curation.preference import Preference as Preference
from madtheory.curation.tilt import Tilt as Tilt
from madtheory.curation.top_share import TopShare as TopShare

KINDS: dict[str, type[Curation]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}

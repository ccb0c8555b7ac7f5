"""Models: the families that a loop fits. One file each; a new one needs its export line here and nothing else."""

from madtheory.models._factor import UNROLLED as UNROLLED
from madtheory.models._factor import diagonal as diagonal
from madtheory.models._family import Family as Family
from madtheory.models._family import View as View
from madtheory.models._view import Seen as Seen
from madtheory.models._view import World as World
from madtheory.models.gaussian import Gaussian as Gaussian

KINDS: dict[str, type[Family]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}

"""Models: the families that a loop fits. One file each; a new one needs its export line here and nothing else."""

from madtheory.models._factor import UNROLLED as UNROLLED
from madtheory.models._factor import diagonal as diagonal
from madtheory.models._family import Family as Family
from madtheory.models.gaussian import Gaussian as Gaussian

KINDS: dict[str, type[Family]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}

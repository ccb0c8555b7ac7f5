"""Results: labelled arrays with their provenance, files that are whole or absent, tables of verdicts, data of figures."""

from madtheory.results._dataset import describe as describe
from madtheory.results._dataset import to_dataset as to_dataset
from madtheory.results._files import whole as whole
from madtheory.results._files import write as write
from madtheory.results._frames import compare as compare
from madtheory.results._frames import fan as fan
from madtheory.results._frames import pit as pit
from madtheory.results._frames import with_quantiles as with_quantiles
from madtheory.results._numbers import numbers_tex as numbers_tex
from madtheory.results._provenance import now as now
from madtheory.results._provenance import provenance as provenance
from madtheory.results._provenance import to_json as to_json
from madtheory.results._report import Report as Report
from madtheory.results._store import content_hash as content_hash
from madtheory.results._store import load as load
from madtheory.results._store import save as save
from madtheory.results._tables import verdicts_csv as verdicts_csv
from madtheory.results._tables import verdicts_markdown as verdicts_markdown
from madtheory.results._tables import verdicts_tex as verdicts_tex

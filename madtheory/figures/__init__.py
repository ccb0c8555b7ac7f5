"""Figures: one style, panels that draw what they are given, files with the same bytes in every run.

Nothing is computed here: every panel draws the columns of a table, and the table is written beside the figure.
"""

from madtheory.figures._layouts import against_law as against_law
from madtheory.figures._layouts import distribution as distribution
from madtheory.figures._layouts import one_loop as one_loop
from madtheory.figures._panels import bands as bands
from madtheory.figures._panels import curves as curves
from madtheory.figures._panels import fan as fan
from madtheory.figures._panels import pit as pit
from madtheory.figures._panels import residuals as residuals
from madtheory.figures._phase import phase as phase
from madtheory.figures._phase import replicas_taken as replicas_taken
from madtheory.figures._phase import spread_of_residuals as spread_of_residuals
from madtheory.figures._save import save_figure as save_figure
from madtheory.figures._style import COLUMN as COLUMN
from madtheory.figures._style import PAGE as PAGE
from madtheory.figures._style import grid as grid
from madtheory.figures._style import label as label
from madtheory.figures._style import legend as legend
from madtheory.figures._style import log_ticks as log_ticks

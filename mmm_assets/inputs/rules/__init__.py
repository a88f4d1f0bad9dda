"""Every rule that a delivered table is held against, declared as data: one file per table.

A rule is a query and an expectation. The query condenses the rows that a refresh may see (see
``known_rows`` and ``weekly_cells``) to a few: one a week, a region or a channel, with the first
offending row and, in ``failing``, how many rows it stands for. The expectation, one of Great
Expectations', says what the condensed rows must be. ``checks`` runs them. Thresholds and waivers
are in the configuration, under ``checks``.

The queries read temporary tables: ``known_<table>``, the rows; ``cells_<table>``, their weekly
values by series; ``ever_<table>``, the names of any week; ``weekly_kpi``; ``restated``;
``dated_events``, events with their days. All of them hold what the refresh may know, and nothing
else is read. The exception is ``media_today``, the names in media whatever the refresh may know,
for what is said of them in the configuration.

What bad input gets:

=============================================  ==============================================
missing file, empty file, not CSV, a missing   refused while loading (``SourceError``)
column
week that is no date, text in a number,        refused: the value is unknown, and a guess
infinite value, negative spend or exposure     would be silent
two rows of one week, region and channel (and  refused: adding and choosing are both guesses
campaign, where given)
no name of a region or channel                 refused
region in one of media and KPI only            refused: most often a spelling
region in controls only                        refused, for the same reason
channel in lift tests or configuration only    refused
no KPI, or no media, in the refresh week       refused: late data, not zeros
KPI constant or zero everywhere                refused: nothing to learn
fewer weeks than ``refresh.min_weeks``         refused; one week is one of these cases
fewer than 104 weeks where ``model.brand``     refused: no slow stock could be told
looks for a slow stock
one region                                     accepted: a national panel
weeks out of order                             accepted: sorted
gap in the weeks of the KPI                    warning: masked
gap in the weeks of media                      warning: masked (wide table), no activity (long)
midnights of another time zone                 refused: rows would land a week off
region or channel that sums the others         refused: all would count twice
weeks that begin on different days             warning: they are up to a week apart
days that a week of daily data lacks           warning: masked if more than one
KPI of 0                                       warning: masked where it is an outage, see
                                               ``weekly_kpi``
region with few weeks or a constant KPI        warning: kept, says little by itself
negative KPI                                   warning: kept, as returns may exceed sales
channel that is always zero                    warning: left out of the model
channel with very few weeks on air             warning: kept, will be uncertain
control with gaps                              warning: the region's mean
control that never varies, or of too many      warning: left out
words
price of 0 or less, promotion deeper than      refused: no effect could be told from it
100 %, either of them as words
country or region that no calendar knows       refused
event without a day or a name, of no region    refused: it would be nowhere, or twice
of the KPI, with an end before its beginning,
twice, or named as a holiday
events of other weeks alone                    warning: nothing can be learned of them
names that differ in capitals or spaces alone  refused: one name, two spellings
survey that asked nobody, share beyond 100 %,   refused: nothing could be made of it
negative visits
mediator that is a channel or control, too     refused: it would count twice
mediator known in few weeks, or that never     warning: left out
moves
two days within a week of a table of weeks     refused: they would be added up
another unit: KPI times 30, or a thousandth    refused (media and controls: warning)
another unit from one week on                  warning
cell of media like a typing error              warning: replaced, see ``implausible``
frequency below one or absent where people     refused: it is no frequency, or no reach
were reached, reach above population
reach and frequency of days or of campaigns    warning: summed, which counts people twice
campaign without a name, in two spellings, or  warning: taken as it is
with spend but no exposure
a whole column redelivered in another unit     refused, beside the refresh before
value of a unit of KPI that is not above 0     refused
further KPI that is the main one or a multiple refused: the same answer twice
of it, or always the same
further KPI without the newest week            warning: masked
row missing from a table that is full          warning: no activity (media), masked (KPI)
spend without exposure, exposure without       warning: taken as they are
spend, empty cells
sudden jump, frozen KPI, channel gone silent   warning: taken as they are
region without a KPI in the newest week        warning: masked
past weeks restated by more than 2 %           warning, listed in ``mart.restatements``
channels that move alike or hardly at all      warning: effects will be uncertain
few data for many channels and controls        warning: effects will be uncertain
KPI worth far more or less than media cost     warning: every ROI will be implausible
=============================================  ==============================================
"""

from mmm_assets.config import ConfigError, ProjectConfig
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.rules import (
    calendar,
    campaigns,
    controls,
    events,
    further_kpis,
    identifiability,
    kpi,
    lift_tests,
    media,
    mediators,
    reach,
    treatments,
)
from mmm_assets.inputs.rules.every_table import rules_of_rows
from mmm_assets.inputs.rules.rule import Rule, Severity

_OWN = (
    *media.RULES,
    *reach.RULES,
    *campaigns.RULES,
    *kpi.RULES,
    *further_kpis.RULES,
    *controls.RULES,
    *treatments.RULES,
    *calendar.RULES,
    *events.RULES,
    *lift_tests.RULES,
    *mediators.RULES,
    *identifiability.RULES,
)

RULES: tuple[Rule, ...] = tuple(
    rule
    for role in ROLES.values()
    for rule in (*rules_of_rows(role), *(own for own in _OWN if own.table == role.name))
)
"""Every rule, table by table."""

__all__ = ["RULES", "Rule", "Severity", "require_known_waivers"]


def require_known_waivers(config: ProjectConfig) -> None:
    """Refuse a waiver of a rule that does not exist or cannot be waived.

    Raises
    ------
    ConfigError
        Names each such waiver and the rules that can be waived.
    """
    waivable = sorted(f"{rule.table}.{rule.name}" for rule in RULES if rule.waivable)
    wrong = [
        f"  checks.waivers.{place}.rule: {waiver.rule!r} is not allowed; "
        f"rules that can be waived: {', '.join(waivable)}"
        for place, waiver in enumerate(config.checks.waivers)
        if waiver.rule not in waivable
    ]
    if wrong:
        raise ConfigError("\n".join([f"{config.path}:", *wrong]))

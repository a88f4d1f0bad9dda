"""Write the bundled sample, byte for byte: ``python data/make_sample.py [FOLDER]``.

A consumer-goods brand in Italy's twenty regions, in euros. TV drives searches, display
follows demand and does nothing, online video was launched in week 40, one region's sales
went unrecorded for eight weeks. What is true is written beside the tables, in
``truth.json`` and ``truth_contributions.csv``; nothing in the product reads those.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from mmm_model.simulator import ChannelSpec, DriveSpec, SimulationSpec, deliver, simulate

SEED = 7

SPEC = SimulationSpec(
    channels=(
        ChannelSpec(
            "tv", spend_share=0.034, cost=0.011, kpi_share=0.06, bursts=True, variation=0.3,
            follows_demand=0.3, decay=0.7, delay=1, slope=1.4, half_saturation=0.9,
        ),
        ChannelSpec(
            "online_video", spend_share=0.018, cost=0.008, kpi_share=0.035, launch_week=40,
            variation=0.45, decay=0.45, slope=1.2, half_saturation=1.2,
        ),
        ChannelSpec(
            "paid_social", spend_share=0.016, cost=0.006, kpi_share=0.04, variation=0.45,
            twin="online_video", twin_correlation=0.6, decay=0.3, slope=1.0, half_saturation=1.0,
        ),
        ChannelSpec(
            "search", spend_share=0.018, cost=0.35, kpi_share=0.085, variation=0.55,
            follows_demand=0.45, exposure_noise=0.1, decay=0.1, slope=1.2, half_saturation=1.4,
        ),
        ChannelSpec(
            "radio", spend_share=0.010, cost=0.004, kpi_share=0.025, bursts=True, variation=0.3,
            decay=0.25, slope=1.6, half_saturation=0.8,
        ),
        ChannelSpec(
            "display", spend_share=0.012, cost=0.003, kpi_share=0.0, variation=0.35,
            follows_demand=0.6, decay=0.2,
        ),
    ),
    drives=(DriveSpec("tv", "search", share=0.35),),
    regions=(
        "Lombardia", "Lazio", "Campania", "Veneto", "Sicilia", "Emilia-Romagna", "Piemonte",
        "Puglia", "Toscana", "Calabria", "Sardegna", "Liguria", "Marche", "Abruzzo",
        "Friuli-Venezia Giulia", "Trentino-Alto Adige", "Umbria", "Basilicata", "Molise",
        "Valle d'Aosta",
    ),
    level=24_000.0,
    value_per_kpi=3.2,
    noise=0.03,
    spikes=0.001,
    outage_share=0.05,
    missing_share=0.001,
)  # fmt: skip


def write_sample(folder: Path) -> None:
    """Write the tables and the truth into ``folder``."""
    simulation = simulate(SPEC, SEED)
    tables = deliver(simulation, SEED)
    _write_csv(tables.media, folder / "media.csv")
    _write_csv(tables.kpi, folder / "kpi.csv")
    _write_csv(tables.controls, folder / "controls.csv")
    truth = json.loads(
        json.dumps(simulation.truth()), parse_float=lambda x: float(f"{float(x):.6g}")
    )
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")

    direct = simulation.contribution(simulation.exposure)
    weekly = []
    for c, channel in enumerate(simulation.channels):
        total = simulation.total_contribution({channel})
        weekly.append(
            pd.DataFrame(
                {
                    "week": simulation.week_index,
                    "channel": channel,
                    "direct": direct[:, :, c].sum(axis=0).round().astype(int),
                    "mediated": (total - direct[:, :, c]).sum(axis=0).round().astype(int),
                }
            )
        )
    _write_csv(pd.concat(weekly), folder / "truth_contributions.csv")


def _write_csv(table: pd.DataFrame, file: Path) -> None:
    table.to_csv(file, index=False, lineterminator="\n", date_format="%Y-%m-%d")


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

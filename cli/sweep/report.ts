import packageJson from "../../package.json" with { type: "json" };
import type { SweepRow } from "../../sdk/sim/sweep/sweep.ts";
import { displayNumber, displayPercent } from "../output.ts";
import { renderReport } from "../report/html.ts";
import type { SweepOptions } from "./run.ts";

/** A sweep as one HTML file: the front as a chart, every combination in a table. */
export function renderSweepReport(rows: readonly SweepRow[], options: SweepOptions): string {
  const best = rows.filter(({ isEfficient }) => isEfficient);
  const [safest] = best.toSorted((a, b) => a.residualRisk - b.residualRisk);
  const nameOf = ({ width, stripShare, riskAversion, hedgeRatio }: SweepRow): string =>
    `×/÷ ${width}, strip ${stripShare}, aversion ${riskAversion}, ratio ${hedgeRatio}`;
  const right = (title: string): { readonly title: string; readonly align: "right" } => ({ title, align: "right" });
  return renderReport({
    title: `Hedges of a liquidity position compared, ${options.days} days`,
    subtitle: `${options.model} at a volatility of ${displayPercent(options.sigma, 0)}, ${options.paths} paths, seed ${options.seed}`,
    summary: [
      `${rows.length} combinations were tried on the same paths; ${best.length} of them no other beats in both cost and risk.`,
      ...(safest === undefined
        ? []
        : [
            `The least risk is left by ${nameOf(safest)}: the worst twentieth ends ${displayPercent(safest.residualRisk)} below the mean, ` +
              `${displayPercent(safest.varianceRemoved)} of the variance is gone, at ${displayNumber(safest.costBp, 0)} bp.`,
          ]),
    ],
    figures: [
      { name: "combinations", value: String(rows.length) },
      { name: "on the front", value: String(best.length) },
    ],
    sections: [
      {
        kind: "scatter",
        heading: "Cost against residual risk",
        summary:
          "Each point is a combination; those on the front cannot be bettered in one figure without losing in the other.",
        xUnit: "cost, bp of the position",
        yUnit: "ES 95 below the mean, %",
        points: rows.map((row) => ({
          name: nameOf(row),
          x: row.costBp,
          y: row.residualRisk * 100,
          isOnFront: row.isEfficient,
        })),
      },
      {
        kind: "table",
        heading: "All combinations, cheapest first",
        columns: [
          { title: "combination" },
          ...[
            "front",
            "cost bp",
            "ES 95 below mean",
            "variance removed",
            "trading bp",
            "premium bp",
            "funding bp",
            "liquidated",
          ].map(right),
        ],
        rows: rows.map((row) => [
          nameOf(row),
          row.isEfficient ? "yes" : "",
          displayNumber(row.costBp, 1),
          displayPercent(row.residualRisk),
          displayPercent(row.varianceRemoved),
          displayNumber(row.deltaCostBp, 1),
          displayNumber(row.premiumBp, 1),
          displayNumber(row.fundingBp, 1),
          displayPercent(row.liquidationProbability),
        ]),
      },
      {
        kind: "list",
        heading: "Assumptions",
        items: [
          "Cost is the mean loss of the hedged position with fees at break-even for the volatility above; the price has no drift.",
          options.costsOnly
            ? "Funding, premium, latency, margin and liquidation are left out."
            : "Funding, the perp's premium, a late keeper, margin and liquidation are included.",
          "docs/experiment.md says what the venues, options and fees of the simulation are.",
        ],
      },
    ],
    footer: `hedgerow ${packageJson.version}, node ${process.version}. Figures are of the model and the assumptions above.`,
  });
}

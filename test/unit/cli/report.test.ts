import { expect } from "chai";

import { computeBins } from "../../../cli/report/bins.ts";
import { renderReport } from "../../../cli/report/html.ts";
import { thinIndices } from "../../../cli/report/thin.ts";
import type { Report, ReportSection } from "../../../cli/report/types.ts";

const sections: readonly ReportSection[] = [
  {
    kind: "lines",
    heading: "Equity",
    summary: "Up & down",
    unit: "quote",
    timestamps: [0, 3_600, 7_200],
    lines: [
      { name: "vault", values: [1, 2, 3], color: "first" },
      { name: "band", values: [null, 2, 2], color: "third", dash: "dashed", isStepped: true },
    ],
  },
  {
    kind: "waterfall",
    heading: "P&L",
    summary: "w",
    unit: "quote",
    bars: [
      { name: "fees", value: 1_234 },
      { name: "gas", value: -234 },
    ],
    totalName: "total",
  },
  {
    kind: "histogram",
    heading: "Days",
    summary: "h",
    unit: "return",
    values: [-0.01, 0, 0.01, 0.02],
    marks: [{ name: "95 %", value: -0.01 }],
  },
  {
    kind: "scatter",
    heading: "Front",
    summary: "s",
    xUnit: "cost",
    yUnit: "risk",
    points: [
      { name: "wide", x: 1, y: 3, isOnFront: true },
      { name: "narrow", x: 2, y: 4, isOnFront: false },
    ],
  },
  {
    kind: "table",
    heading: "Table",
    columns: [{ title: "what" }, { title: "much", align: "right" }],
    rows: [["<b>x</b>", "1"]],
  },
  { kind: "list", heading: "List", items: ['"quoted" & <i>'] },
];
const report: Report = {
  title: "A <script>alert(1)</script> title",
  subtitle: "s",
  summary: ["one"],
  figures: [{ name: "return", value: "1 %" }],
  sections,
  footer: "f",
};

describe("renderReport", () => {
  const html = renderReport(report);

  it("draws every section, each chart with a name and a description", () => {
    for (const { heading } of sections) expect(html).to.include(`>${heading.replace("&", "&amp;")}</h2>`);
    expect(html.match(/<svg role="img" aria-labelledby="section-\d-title section-\d-desc"/g)?.length).to.equal(4);
    expect(html).to.include('<desc id="section-1-desc">Up &amp; down</desc>');
    expect(html).to.include("+1,234").and.include("-234").and.include("+1,000").and.include(">wide<");
    expect(html).not.to.include("NaN");
  });

  it("needs nothing but itself, and runs nothing", () => {
    expect(html).not.to.match(/<script|<link|<img|<iframe|src=|href=|@import|url\((?!#)/);
    expect(html).to.include("default-src 'none'");
  });

  it("shows text as text", () => {
    expect(html).to.include("&lt;b&gt;x&lt;/b&gt;").and.include("&quot;quoted&quot; &amp; &lt;i&gt;");
    expect(html).to.include("A &lt;script&gt;alert(1)&lt;/script&gt; title");
  });

  it("has colours for light, dark and paper, and charts that use them", () => {
    expect(html).to.include("prefers-color-scheme:dark").and.include("@media print");
    expect(html).to.include("var(--first)").and.include("var(--ink)");
  });

  it("draws a mark where it is, not where it rounds to", () => {
    const draw = (value: number): string => {
      const section: ReportSection = {
        kind: "histogram",
        heading: "h",
        summary: "s",
        unit: "u",
        values: [-0.05, 0, 0.01],
        marks: [{ name: "m", value }],
      };
      return renderReport({ ...report, sections: [section] });
    };
    expect(draw(-0.0183)).not.to.equal(draw(-0.02));
  });

  it("is the same for the same figures", () => {
    expect(renderReport(report)).to.equal(html);
  });
});

describe("computeBins", () => {
  it("counts every value once", () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.sin(i) ** 3);
    const bins = computeBins(values);
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).to.equal(500);
    expect(bins.length).to.be.within(5, 60);
    expect(computeBins([2, 2])).to.deep.equal([{ from: 2, to: 2, count: 2 }]);
    expect(computeBins([])).to.deep.equal([]);
  });
});

describe("thinIndices", () => {
  it("keeps ends and extremes, and everything of a short curve", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i === 4_321 ? 99 : i === 77 ? -99 : Math.sin(i / 50)));
    const kept = thinIndices([values], values.length, 200);
    expect(kept.length).to.be.lessThan(210);
    expect(kept).to.include.members([0, 77, 4_321, 9_999]);
    expect(kept).to.deep.equal([...kept].sort((a, b) => a - b));
    expect(thinIndices([[1, 2, 3]], 3, 200)).to.deep.equal([0, 1, 2]);
  });
});

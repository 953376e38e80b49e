import { drawChart } from "./charts.ts";
import { paletteCss } from "./palette.ts";
import type { Report, ReportChart, ReportSection } from "./types.ts";

const STYLE = `
:root{${paletteCss("light")};color-scheme:light}
@media (prefers-color-scheme:dark){:root{${paletteCss("dark")};color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",Helvetica,Arial,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 4px}
h2{font-size:1.15rem;margin:40px 0 8px}
.subtitle,footer,figcaption{color:var(--axis)}
.subtitle{margin:0 0 20px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 8px;padding:0}
.figures div{border:1px solid var(--grid);border-radius:6px;padding:10px 14px}
.figures dt{font-size:.85rem;color:var(--axis)}
.figures dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
figure{margin:0}
figure svg{display:block;width:100%;height:auto}
figcaption{font-size:.9rem;margin-top:4px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--grid);text-align:left;vertical-align:top}
th{font-weight:600}
.right{text-align:right}
li{margin:4px 0;overflow-wrap:anywhere}
footer{margin-top:48px;font-size:.85rem}
@media print{
:root{${paletteCss("light")};color-scheme:light}
body{font-size:11pt}
main{max-width:none;padding:0}
section,figure,tr,.figures{break-inside:avoid}
h2{break-after:avoid;margin-top:18pt}
.scroll{overflow:visible}
}
`;

/**
 * A report as one HTML file that needs nothing else: charts are inline SVG, there is no script and no address of anything outside.
 *
 * @example
 * writeFileSync("report.html", renderReport(report));
 */
export function renderReport(report: Report): string {
  const figures = report.figures.map(
    ({ name, value }) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`,
  );
  const sections = report.sections.map((section, i) => renderSection(section, `section-${i + 1}`));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(report.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escape(report.title)}</h1>
<p class="subtitle">${escape(report.subtitle)}</p>
${report.summary.map((sentence) => `<p>${escape(sentence)}</p>`).join("\n")}
<dl class="figures">${figures.join("")}</dl>
</header>
${sections.join("\n")}
<footer>${escape(report.footer)}</footer>
</main>
</body>
</html>
`;
}

function renderSection(section: ReportSection, id: string): string {
  const heading = `<h2 id="${id}">${escape(section.heading)}</h2>`;
  return `<section aria-labelledby="${id}">\n${heading}\n${renderBody(section, id)}\n</section>`;
}

function renderBody(section: ReportSection, id: string): string {
  switch (section.kind) {
    case "table": {
      const align = section.columns.map((column) => (column.align === "right" ? ' class="right"' : ""));
      const head = section.columns
        .map(({ title }, i) => `<th scope="col"${align[i] ?? ""}>${escape(title)}</th>`)
        .join("");
      const rows = section.rows.map((cells) => {
        const [first = "", ...others] = cells;
        const rest = others.map((cell, i) => `<td${align[i + 1] ?? ""}>${escape(cell)}</td>`).join("");
        return `<tr><th scope="row"${align[0] ?? ""}>${escape(first)}</th>${rest}</tr>`;
      });
      return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table></div>`;
    }
    case "list":
      return `<ul>\n${section.items.map((item) => `<li>${escape(item)}</li>`).join("\n")}\n</ul>`;
    case "lines":
    case "waterfall":
    case "histogram":
    case "scatter":
      return `<figure>${nameSvg(section, id)}<figcaption>${escape(section.summary)}</figcaption></figure>`;
  }
}

/** The drawing with a title and a description that a screen reader finds; it scales with the page. */
function nameSvg(section: ReportChart, id: string): string {
  const svg = drawChart(section, id);
  const names = `<title id="${id}-title">${escape(section.heading)}</title><desc id="${id}-desc">${escape(section.summary)}</desc>`;
  const end = svg.indexOf(">");
  const opening = svg
    .slice(0, end)
    .replace(/ (width|height)="[^"]*"/g, "")
    .replace("<svg", `<svg role="img" aria-labelledby="${id}-title ${id}-desc"`);
  // Hover has no effect here.
  const body = svg.slice(end + 1).replaceAll(' pointer-events="visible"', "");
  return `${opening}>${names}${body}`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
